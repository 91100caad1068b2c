/**
 * `decolle` where there is no file system: everything but files and folders.
 *
 * @packageDocumentation
 */
import { fromArrays, fromIterable, type IterableDataset } from "./datasets/arrays.js";
import type { Dataset, DatasetSplits } from "./datasets/dataset.js";
import type { OwnDataset, OwnRecording, OwnTrain } from "./datasets/own.js";
import { type SplitOptions, split, subset } from "./datasets/split.js";
import { type SyntheticOptions, synthetic } from "./datasets/synthetic.js";
import { type TransformedOptions, transform } from "./datasets/transform.js";
import type { RecordedEvents, SpikeTrain, Units } from "./events/train.js";
import type { RecordingTransform } from "./events/transforms/kinds.js";

export type { BackendKind, EventColumns } from "./backend/contract.js";
export type { BackendChoice, BackendProbe } from "./backend/select.js";
export { probeBackends } from "./backend/select.js";
export type { IterableDataset } from "./datasets/arrays.js";
export type {
  AnyDataset,
  AnySplits,
  Dataset,
  DatasetSplits,
  LabelledRecording,
  SampleOptions,
} from "./datasets/dataset.js";
export type { OwnDataset, OwnRecording, OwnTrain } from "./datasets/own.js";
export type { PoissonRegressionOptions } from "./datasets/poisson.js";
export { poissonRegressionTask, poissonTargets } from "./datasets/poisson.js";
export type { SplitOptions } from "./datasets/split.js";
export type { SyntheticCameraOptions, SyntheticOptions, SyntheticPiece } from "./datasets/synthetic.js";
export { syntheticStream } from "./datasets/synthetic.js";
export type { TransformedOptions } from "./datasets/transform.js";
export type { ErrorCode, FaultDetails } from "./errors.js";
export { DecolleError } from "./errors.js";
export type { FileFormat, RecordingFormat, WrittenFormat } from "./events/formats.js";
export { recordingFormats } from "./events/formats.js";
export type { EventLists, TrainLists } from "./events/lists.js";
export type { CameraOptions, PixelOptions } from "./events/live/camera.js";
export type { CanvasLike, CanvasOptions } from "./events/live/canvas.js";
export type { DeviceOptions, EventDevice } from "./events/live/device.js";
export type { Frame, FrameSource, FramesOptions } from "./events/live/frames.js";
export type { AudioBufferLike, AudioStreamLike, MicrophoneOptions } from "./events/live/microphone.js";
export type { WebcamOptions, WebcamStream, WebcamStreamLike, WebcamTrack } from "./events/live/open-camera.js";
export type { PageCameraOptions } from "./events/live/page-camera.js";
export type { EventPiece, LiveEvents, LiveSpikes, SpikePiece, Until } from "./events/live/pieces.js";
export type { ElementBox, ElementLike, PointerOptions } from "./events/live/pointer.js";
export type { MediaStreamLike, VideoLike, VideoOptions } from "./events/live/video.js";
export type { LoadedRecording } from "./events/loading.js";
export type { NamedBlob } from "./events/named.js";
export type { Events } from "./events/namespace.js";
export { events } from "./events/namespace.js";
export type { BackwardsEvent, ReadOptions, RecordingFacts, RecordingReader, TimeOrder } from "./events/reading.js";
export type { LabelledStretch, Slice, SliceByCount, SliceByLabel, SliceByTime, Slicing } from "./events/slicing.js";
export { slices } from "./events/slicing.js";
export type { BlobLike, ByteStream, RecordingSource, StreamPiece } from "./events/source.js";
export type { RecordingSpikes, ToSpikesOptions } from "./events/spikes.js";
export type { RecordedEvents, Source, SpikeTrain, Units } from "./events/train.js";
export type { Crop, InputTransform, Sensor } from "./events/transform.js";
export type { SourcedRecording, TransformOptions } from "./events/transforms/apply.js";
export type {
  OptionsOf,
  TransformConstructor,
  TransformConstructors,
  TransformName,
  TransformOf,
} from "./events/transforms/constructors.js";
export { transforms } from "./events/transforms/constructors.js";
export type * from "./events/transforms/kinds.js";
export type { Blocks, WriteOptions } from "./events/writing.js";
export * from "./learning/cost.js";
export type { UniformInitialization } from "./learning/initialization.js";
export { uniform } from "./learning/initialization.js";
export type { Lsuv } from "./learning/lsuv.js";
export { lsuv } from "./learning/lsuv.js";
export * from "./learning/optimizer.js";
export type { Readout } from "./learning/readout.js";
export type { Regularizer, SpikeBudget } from "./learning/regularizer.js";
export type {
  BatchInput,
  BatchTarget,
  ClassTarget,
  CountInput,
  EventInput,
  SampleSpikes,
  SpikeInput,
  TrainInput,
  ValueTarget,
} from "./network/batch.js";
export type { EarlyStopping, EpochStanding, Monitor } from "./network/best.js";
export type { EvaluateOptions, Evaluation } from "./network/evaluate.js";
export { feedbackAlignment } from "./network/feedback/alignment.js";
export type { WithFeedback } from "./network/feedback/feedback.js";
export { signConcordant } from "./network/feedback/sign-concordant.js";
export type { FitOptions, FitResult } from "./network/fit.js";
export type { Densities, EpochMetrics, Progress, Scores, TimedScores } from "./network/metrics.js";
export type { BackendInfo, LearnBatch, LearnOptions, RunBatch, RunOptions } from "./network/network.js";
export { Network } from "./network/network.js";
export type { BestEpoch, LearnedRecordings, Recipe, TrainingPosition } from "./network/position.js";
export type { Prediction, PredictOptions, Recording } from "./network/predict.js";
export type { Recorded, RecordedLayer, RecordOptions } from "./network/record.js";
export type { KeptRecording, ReservoirOptions } from "./network/reservoir.js";
export { Reservoir } from "./network/reservoir.js";
export type { BatchResult, LayerResult, PropagatedSteps, SynapticOperations } from "./network/result.js";
export type {
  Counters,
  ErrorTrigger,
  FullSpecification,
  LayerDescription,
  LayerPrograms,
  LineInput,
  NetworkDescription,
  NetworkSpecification,
  PlaneInput,
  UnitsInput,
} from "./network/specification.js";
export type { Stream } from "./network/stream.js";
export type { Decision, Evidence, Majority } from "./network/stream-decision.js";
export type { Backlog, Behind, Dropped, PushOptions, StreamOptions, StreamResult } from "./network/stream-options.js";
export type { Sums } from "./network/sums.js";
export type { Tensor } from "./network/tensor.js";
export * from "./neuron/neuron.js";
export * from "./neuron/surrogate.js";
export type { Constant, ConstantGraph, ConstantOf, ConstantSymbols, Constants } from "./plasticity/constants.js";
export { decay, decayOf, gainOf, leak, learned, ms, perNeuron, TimeConstant } from "./plasticity/constants.js";
export * from "./plasticity/cost.js";
export type { GraphNode, Operand, SpaceOf } from "./plasticity/expression.js";
export { Expression } from "./plasticity/expression.js";
export type { ModulationContext, ModulationDefinition, ModulationGraph } from "./plasticity/modulation.js";
export { modulation } from "./plasticity/modulation.js";
export type {
  InputContext,
  MembraneContext,
  NeuronDefinition,
  NeuronGraph,
  StepContext,
  SurrogateGraph,
  TraceContext,
  VariableGraph,
  VariableSymbols,
  Variables,
} from "./plasticity/neuron.js";
export { neuron } from "./plasticity/neuron.js";
export type { Subtractive } from "./plasticity/neurons/subtractive.js";
export * from "./plasticity/operations.js";
export type {
  AnyNeuron,
  CheckOptions,
  PrintedRule,
  Rule,
  RuleAccount,
  RuleCheck,
  RuleEquation,
  RuleForm,
  RuleOptions,
  RuleVerdict,
} from "./plasticity/rule.js";
export { checkRule, rule } from "./plasticity/rule.js";
export type { Adaptive } from "./plasticity/rules/adaptive.js";
export { adaptive } from "./plasticity/rules/adaptive.js";
export type { Decolle2018 } from "./plasticity/rules/decolle2018.js";
export { decolle2018 } from "./plasticity/rules/decolle2018.js";
export type { Decolle2020 } from "./plasticity/rules/decolle2020.js";
export { decolle2020 } from "./plasticity/rules/decolle2020.js";
export type { Eprop } from "./plasticity/rules/eprop.js";
export { eprop } from "./plasticity/rules/eprop.js";
export type { ErrorTriggerControl } from "./plasticity/rules/error-triggered.js";
export { ErrorTriggerController, errorEventRate, errorTriggered } from "./plasticity/rules/error-triggered.js";
export type { Ottt } from "./plasticity/rules/ottt.js";
export { ottt } from "./plasticity/rules/ottt.js";
export type { Sltt } from "./plasticity/rules/sltt.js";
export { sltt } from "./plasticity/rules/sltt.js";
export type { Tess } from "./plasticity/rules/tess.js";
export { squareWaves, tess } from "./plasticity/rules/tess.js";
export type { Compatible, Join, Space } from "./plasticity/space.js";
export type { OwnSurrogate } from "./plasticity/surrogate.js";
export { preset, presets } from "./presets/index.js";
export type { Preset, TrainingRecipe } from "./presets/preset.js";
export type { InsideOptions } from "./report/inside.js";
export { rasterFigure, traceFigure } from "./report/inside.js";
export type { KernelOptions } from "./report/kernels.js";
export { kernelFigure } from "./report/kernels.js";
export type { FigureOptions, Panel, Series } from "./report/plot.js";
export { figure } from "./report/plot.js";
export type { Conv1d } from "./synapse/conv1d.js";
export { conv1d } from "./synapse/conv1d.js";
export type { Conv2d, Convolution, Pooling, RowsAndColumns } from "./synapse/conv2d.js";
export { conv2d } from "./synapse/conv2d.js";
export type { Dense } from "./synapse/dense.js";
export { dense } from "./synapse/dense.js";
export type { LayerSpecification } from "./synapse/layer.js";
export type { LayerOverrides } from "./synapse/overrides.js";
export type { Propagation } from "./synapse/propagation.js";
export type { AbortSignalLike } from "./values/brands.js";
export type { FileBytes } from "./values/file-bytes.js";

/** Data sets that need no files, and what is done with data sets. */
export interface Datasets {
  /**
   * A data set out of recordings in memory.
   *
   * @param recordings - At least one, each with its class by number or by name. Every event is checked and copied.
   * @param description - The sensor; names of the classes, a name and the duration where they do not follow from the
   *   recordings.
   * @returns The data set.
   * @throws {@link DecolleError} `config`, `shape`, `range`, `not-finite` or `time-order`, naming recording and event, such
   *   as `recordings[3].events.x[17]`.
   */
  fromArrays(recordings: readonly OwnRecording[], description: OwnDataset): Dataset;
  /**
   * A data set out of spike trains in memory.
   *
   * @param recordings - At least one, each with its class by number or by name. Every spike is checked and copied.
   * @param description - The number of units; names of the classes, a name and the duration where they do not follow.
   * @returns The data set.
   * @throws {@link DecolleError} As for events, such as `recordings[3].events.unit[17]`.
   */
  fromArrays(recordings: readonly OwnTrain[], description: OwnDataset<Units>): Dataset<SpikeTrain>;
  /**
   * A data set out of recordings that come one after the other, from a generator, a stream, a database. They are read once
   * and kept in memory, since a training shows them again and again in an order of its own; where they do not fit, write a
   * {@link Dataset} whose `sample` reads one.
   *
   * @param source - Recordings; the source may reuse its arrays, since every event is checked and copied at once.
   * @param description - As for `fromArrays`; `limit` for a source that does not end, `signal` to stop waiting.
   * @returns The data set.
   * @throws {@link DecolleError} As `fromArrays`; `aborted`; or what the source throws.
   */
  fromIterable(
    source: AsyncIterable<OwnRecording> | Iterable<OwnRecording>,
    description: IterableDataset,
  ): Promise<Dataset>;
  /**
   * A data set out of spike trains that come one after the other.
   *
   * @param source - Spike trains; the source may reuse its arrays.
   * @param description - As for `fromArrays`; `limit` for a source that does not end, `signal` to stop waiting.
   * @returns The data set.
   * @throws {@link DecolleError} As `fromArrays`; `aborted`; or what the source throws.
   */
  fromIterable(
    source: AsyncIterable<OwnTrain> | Iterable<OwnTrain>,
    description: IterableDataset<Units>,
  ): Promise<Dataset<SpikeTrain>>;
  /**
   * Draws parts of a data set that share no recording, such as one to learn from and one to judge by while learning:
   * `split(data, { train: 0.9, validation: 0.1 })`.
   *
   * @param dataset - The data set; none of its recordings is read, unless classes have to be found out.
   * @param parts - The share of each part by its name, above 0, all together at most 1. A part has as many recordings as
   *   its share says, rounded up or down; recordings that no share asks for are in no part.
   * @param options - Seed; whether parts are drawn class by class.
   * @returns The parts by their names, recordings in the order of the data set. Their `name` says which share of what they
   *   are, and by which seed, so that a training does not go on with other recordings than it began with.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` with the name of the part or option, or `range` where a
   *   part would get no recording; or what reading a recording throws.
   */
  split<Part extends string, Events extends RecordedEvents>(
    dataset: Dataset<Events>,
    parts: Readonly<Record<Part, number>>,
    options?: SplitOptions,
  ): Promise<Record<Part, Dataset<Events>>>;
  /**
   * Some recordings of a data set, in an order of one's own.
   *
   * @param dataset - The data set.
   * @param indices - Which recordings, at least one; each a whole number below its length.
   * @param name - Name of the part; by default that of the data set with the number of recordings.
   * @returns A data set that asks the other one for its recordings.
   * @throws {@link DecolleError} `range` for an index that is not there, `shape` for no index at all.
   */
  subset<Events extends RecordedEvents>(
    dataset: Dataset<Events>,
    indices: ArrayLike<number>,
    name?: string,
  ): Dataset<Events>;
  /**
   * Synthetic gestures, drawn recording by recording when asked for.
   *
   * @param options - Seed, sensor, duration, sizes, and the backend that draws; every backend draws the same.
   * @returns Training and test set; they share no recording.
   */
  synthetic(options?: SyntheticOptions): Promise<DatasetSplits>;
  /**
   * A data set whose recordings are transformed when they are asked for.
   *
   * What is drawn follows from the seed, the number of the recording, and the epoch of the training it is shown in; without
   * an epoch, as evaluation and prediction ask, it is the same every time.
   *
   * @param dataset - The data set; nothing of it is read.
   * @param transforms - Transforms, applied one after the other.
   * @param options - The seed, and the backend that transforms.
   * @returns The data set, with sensor and duration as they are after the transforms. Its `name` says which they are, and
   *   the seed, so that a training does not go on with others than it began with.
   * @throws {@link DecolleError} `config`, `range` or `not-finite` for an option, such as `transforms[1].filterTime`. When a
   *   recording is asked for: for what is wrong with its events, or what reading it throws.
   */
  transform<Events extends RecordedEvents>(
    dataset: Dataset<Events>,
    transforms: readonly RecordingTransform[],
    options?: TransformedOptions,
  ): Promise<Dataset<Events>>;
}

/** Data sets: of one's own, and by name. */
export const datasets: Datasets = { fromArrays, fromIterable, split, subset, synthetic, transform };
