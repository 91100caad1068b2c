/** A thread of the core in browsers. */

import { serve } from "./thread.js";

self.onmessage = ({ data }) =>
  serve(
    data,
    (reply) => self.postMessage(reply),
    () => self.close(),
  );
