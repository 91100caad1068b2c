/** Runs the network that learns beside the page. Once the package does that by itself, this file can go. */
import "./faults.js";
import { expose } from "comlink";
import { Trainer } from "./trainer.js";

expose(new Trainer());
