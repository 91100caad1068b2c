/** Runs the network that learns beside the page. Once the package does that by itself, this file can go. */
import { offer } from "./offer.js";
import { Trainer } from "./trainer.js";

offer(new Trainer());
