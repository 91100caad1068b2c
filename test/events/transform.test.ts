/** Cropping and downsampling: what plane is left, and which pixel an event ends up in. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transformedPlane } from "../../src/events/transform.js";
import {
  dense,
  type ErrorCode,
  type EventColumns,
  type InputTransform,
  type LabelledRecording,
  Network,
} from "../../src/index.js";
import { halves } from "../network/halves.js";

const sensor = { width: 34, height: 30 };

describe("the plane that is left", () => {
  it.each<[string, InputTransform, [number, number]]>([
    ["all of the sensor", {}, [34, 30]],
    ["a crop", { crop: { left: 2, top: 1, width: 32, height: 16 } }, [32, 16]],
    ["blocks of 2", { downsample: 2 }, [17, 15]],
    ["blocks of 4 within a crop", { crop: { left: 0, top: 0, width: 32, height: 16 }, downsample: 4 }, [8, 4]],
  ])("is right for %s", (_, transform, [width, height]) => {
    expect(transformedPlane(sensor, transform)).toEqual({ width, height });
  });

  it.each<[string, InputTransform, string]>([
    ["a crop that leaves the sensor", { crop: { left: 3, top: 0, width: 32, height: 30 } }, "transform.crop"],
    ["a crop of nothing", { crop: { left: 0, top: 0, width: 0, height: 30 } }, "transform.crop.width"],
    ["half a pixel", { crop: { left: 0.5, top: 0, width: 8, height: 8 } }, "transform.crop.left"],
    ["blocks of nothing", { downsample: 0 }, "transform.downsample"],
    ["blocks larger than the sensor", { downsample: 31 }, "transform.downsample"],
  ])("is refused for %s", (_, transform, path) => {
    const message = expect.stringMatching(new RegExp(`^${path}: `));
    expect(() => transformedPlane(sensor, transform)).toThrow(expect.objectContaining({ code: "range", message }));
  });
});

describe("a transform", () => {
  const one = { left: 0, top: 0, width: 1, height: 1 };
  const bad: ReadonlyArray<[string, unknown, ErrorCode, string]> = [
    ["a block of NaN", { downsample: Number.NaN }, "not-finite", "transform.downsample: "],
    ["a block without end", { downsample: Number.POSITIVE_INFINITY }, "not-finite", "transform.downsample: "],
    ["a block in words", { downsample: "2" }, "config", "transform.downsample: "],
    ["no block at all", { downsample: null }, "config", "transform.downsample: "],
    ["a block beyond 32 bits", { downsample: 2 ** 33 }, "range", "transform.downsample: "],
    ["a misspelt block", { downSample: 2 }, "config", "transform.downSample: unknown option"],
    ["a crop without sides", { crop: {} }, "config", "transform.crop.left: "],
    ["a crop without height", { crop: { left: 0, top: 0, width: 4 } }, "config", "transform.crop.height: "],
    ["a crop with a misspelt side", { crop: { ...one, with: 1 } }, "config", "transform.crop.with: unknown option"],
    ["a crop of NaN", { crop: { ...one, top: Number.NaN } }, "not-finite", "transform.crop.top: "],
    ["a crop beyond 32 bits", { crop: { ...one, left: 2 ** 32 } }, "range", "transform.crop.left: "],
    ["a crop in a list", { crop: [0, 0, 4, 4] }, "config", "transform.crop: expected an object"],
    ["a number", 3, "config", "transform: expected an object"],
    ["a list", [], "config", "transform: expected an object"],
  ];

  it.each(bad)("with %s is refused, wherever it is given", async (_, given, code, path) => {
    const transform = given as InputTransform;
    const side = { width: 6, height: 6 };
    using network = await Network.create({
      input: { channels: 2, ...side },
      layers: [dense({ units: 2 })],
      readout: { units: 2 },
    });
    const before = await network.toBytes();
    const refusal = { code, message: expect.stringMatching(`^${path}`) };
    expect(() => transformedPlane(side, transform)).toThrow(expect.objectContaining(refusal));
    const { events } = halves(1).sample(0) as LabelledRecording;
    const input = { events: [events], steps: 4, sensor: side, transform };
    await expect(network.run({ input })).rejects.toMatchObject(refusal);
    await expect(network.learn({ input, target: { classes: [0] } })).rejects.toMatchObject(refusal);
    await expect(network.fit(halves(2), { epochs: 1, transform })).rejects.toMatchObject(refusal);
    await expect(network.evaluate(halves(2), { transform })).rejects.toMatchObject(refusal);
    expect(() => network.stream({ sensor: side, transform })).toThrow(expect.objectContaining(refusal));
    expect(await network.toBytes()).toEqual(before);
  });

  it("with undefined options is one without them", () => {
    const transform = { crop: undefined, downsample: undefined } as unknown as InputTransform;
    expect(transformedPlane(sensor, transform)).toEqual(sensor);
  });
});

describe("an event", () => {
  it("arrives at the input of its block and polarity, or nowhere outside the crop", async () => {
    const crop = { left: 2, top: 4, width: 8, height: 6 };
    using network = await Network.create({
      input: { channels: 2, height: 3, width: 4 },
      layers: [dense({ units: 1 })],
      readout: { units: 1 },
    });
    const anywhere = fc.record({ x: fc.nat(11), y: fc.nat(11), p: fc.nat(1) });
    const arrives = fc.asyncProperty(anywhere, async ({ x, y, p }) => {
      const events: EventColumns = {
        x: Uint16Array.of(x),
        y: Uint16Array.of(y),
        p: Uint8Array.of(p),
        t: Float64Array.of(0),
      };
      const side = { width: 12, height: 12 };
      const input = { events: [events], steps: 1, sensor: side, transform: { crop, downsample: 2 } };
      await network.run({ input });
      // The synaptic trace of an input that got one event in the only step is 1 − β.
      const traces = Array.from((await network.tensor("state.layers.0.synapticTrace")).data);
      const [column, row] = [Math.floor((x - crop.left) / 2), Math.floor((y - crop.top) / 2)];
      const inside = column >= 0 && column < 4 && row >= 0 && row < 3;
      expect(traces.flatMap((trace, index) => (trace > 0 ? [index] : []))).toEqual(
        inside ? [(p * 3 + row) * 4 + column] : [],
      );
    });
    await fc.assert(arrives);
  });
});
