/** Runs the network that watches beside the page. Once the package does that by itself, this file can go. */
import { offer } from "./offer.js";
import { Watcher } from "./watcher.js";

offer(new Watcher());
