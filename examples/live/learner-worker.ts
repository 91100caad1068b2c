/** Runs the learner beside the page. Once the package does that for its networks by itself, this file can go. */
import { expose } from "comlink";
import { Learner } from "./learner.js";

expose(new Learner());
