/** Transforms of recordings by name, one line each: `transforms.denoise({ filterTime: 5000 })`. */
import { tagged } from "../../values/tagged.js";
import type { RecordingTransform } from "./kinds.js";

/** Name of a transform. */
export type TransformName = RecordingTransform["type"];

/** The options of a transform. */
export type OptionsOf<Name extends TransformName> = Omit<TransformOf<Name>, "type">;

/** The transform of a name. */
export type TransformOf<Name extends TransformName> = RecordingTransform & Readonly<Record<"type", Name>>;

/** What makes a transform out of its options, which may be left out where none is needed. */
export type TransformConstructor<Name extends TransformName> = (
  ...options: Record<string, never> extends OptionsOf<Name> ? [options?: OptionsOf<Name>] : [options: OptionsOf<Name>]
) => TransformOf<Name>;

/** What makes each transform. Options are checked where it is used, since it may come from a file as well. */
export type TransformConstructors = { readonly [Name in TransformName]: TransformConstructor<Name> };

function constructorOf<Name extends TransformName>(type: Name): TransformConstructor<Name> {
  return (options?: object) => tagged(type, options ?? {}) as unknown as TransformOf<Name>;
}

/** What makes each transform, such as `transforms.denoise({ filterTime: 5000 })`. */
export const transforms: TransformConstructors = {
  centerCrop: constructorOf("centerCrop"),
  cropTime: constructorOf("cropTime"),
  denoise: constructorOf("denoise"),
  downsample: constructorOf("downsample"),
  dropEvent: constructorOf("dropEvent"),
  dropEventByArea: constructorOf("dropEventByArea"),
  dropEventByTime: constructorOf("dropEventByTime"),
  mergePolarities: constructorOf("mergePolarities"),
  randomCrop: constructorOf("randomCrop"),
  randomFlipLR: constructorOf("randomFlipLR"),
  randomFlipPolarity: constructorOf("randomFlipPolarity"),
  randomFlipUD: constructorOf("randomFlipUD"),
  refractoryPeriod: constructorOf("refractoryPeriod"),
  spatialJitter: constructorOf("spatialJitter"),
  timeJitter: constructorOf("timeJitter"),
  timeSkew: constructorOf("timeSkew"),
  uniformNoise: constructorOf("uniformNoise"),
};
