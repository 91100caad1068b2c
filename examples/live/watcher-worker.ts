/** Runs the network that watches beside the page. Once the package does that by itself, this file can go. */
import "./faults.js";
import { expose } from "comlink";
import { Watcher } from "./watcher.js";

expose(new Watcher());
