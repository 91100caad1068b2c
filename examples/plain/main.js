/** A network learns from an endless stream, on a page without a bundler. */
import { conv2d, Network, syntheticStream } from "decolle";

const gestures = [10, 8, 6]; // swinging, circling, growing
const network = await Network.create({
  input: { channels: 2, height: 32, width: 32 },
  timeStep: 2000, // microseconds
  layers: [
    conv2d({ channels: 16, kernel: 7, stride: 4, padding: 3 }),
    conv2d({ channels: 48, kernel: 5, padding: 2, pool: 4 }),
  ],
  readout: { units: gestures.length },
});
const stream = network.stream({ updateEvery: 20 });
const hits = [];
for await (const { events, label, end } of syntheticStream(400_000, { width: 32, height: 32, duration: 400_000 })) {
  const target = gestures.indexOf(label);
  if (target < 0) continue;
  // Predicts before it learns, since each layer votes with what it knew until then.
  const { prediction } = await stream.push(events, { target, until: end });
  hits.push(Number(prediction === target));
  const last = hits.slice(-30);
  const accuracy = last.reduce((sum, hit) => sum + hit, 0) / last.length;
  document.getElementById("out").textContent =
    `${hits.length} gestures, ${Math.round(100 * accuracy)} % of the last ${last.length}`;
}
