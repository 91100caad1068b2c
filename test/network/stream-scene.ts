/** A small network and forty milliseconds of events, for the tests of streams. */
import {
  dense,
  type EventColumns,
  lif,
  Network,
  type NetworkSpecification,
  type StreamResult,
} from "../../src/index.js";

/** Two layers whose neurons fire by what they see, and by nothing else. */
export const specification = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [dense({ units: 20 }), dense({ units: 12 })],
  readout: { units: 3 },
  neuron: lif({ alpha: 0.9, beta: 0.85, gamma: 0.65, rho: 1 }),
  initialization: { type: "uniform", dense: 2 },
  seed: 3,
} as const satisfies NetworkSpecification;

/** How many events there are. */
export const length = 400;
/** Ten events a millisecond for 40 ms, from 5,000 µs on. */
export const events: EventColumns = {
  x: Uint16Array.from({ length }, (_, event) => (event * 7) % 6),
  y: Uint16Array.from({ length }, (_, event) => (event * 11) % 6),
  p: Uint8Array.from({ length }, (_, event) => (event % 3 === 0 ? 1 : 0)),
  t: Float64Array.from({ length }, (_, event) => 5000 + event * 100),
};
/** Where the last step of them ends. */
export const end = 45_000;

/** Some of the events. */
export function piece(from: number, to: number): EventColumns {
  const { x, y, p, t } = events;
  return { x: x.slice(from, to), y: y.slice(from, to), p: p.slice(from, to), t: t.slice(from, to) };
}
/** None of them. */
export const empty = piece(0, 0);

/** The network, its neurons without the biases that would make them fire in silence. */
export async function build(made: NetworkSpecification = specification): Promise<Network> {
  const network = await Network.create(made);
  for (const name of (await network.tensors()).filter((name) => /^layers\.\d+\.bias$/.test(name))) {
    await network.setTensor(name, new Float32Array((await network.tensor(name)).data.length));
  }
  return network;
}

/** What a stream decides, and its latency left out. */
export function timeless({ latency: _, ...result }: StreamResult) {
  return result;
}

/** What was decided, and up to when. */
export function decided({ perLayer, confidencePerLayer, time }: StreamResult) {
  return { perLayer, confidencePerLayer, time };
}

/** Ways to decide. */
export const rules = {
  votes: undefined,
  majority: { type: "majority", window: 7000 },
  evidence: { type: "evidence", timeConstant: 9000, temperature: 2 },
} as const;
