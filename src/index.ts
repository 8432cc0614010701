/**
 * The public face, in the order in which one meets it: put an app together, write its stops, route its events, give it a bus, and see what went wrong.
 */

// An app
export { metrobus } from './runtime/app.ts'
export type { App, AppOptions, Running } from './runtime/app.ts'
export { startAll } from './runtime/start-all.ts'
export type { RunningAll, RunningOf } from './runtime/start-all.ts'
export { entry } from './runtime/entry.ts'
export type { DedupeOptions, Entry, EntryOptions } from './runtime/entry.ts'
export { topic } from './runtime/topic.ts'
export type { RetentionOptions, Topic, TopicOptions } from './runtime/topic.ts'
export type { SigningOptions, StartOptions } from './runtime/options.ts'

// Stops, and what they answer
export { stop } from './stop/stop.ts'
export type { BatchOptions, StopMaker } from './stop/stop.ts'
export type { LimitOptions, StopOptions } from './stop/options.ts'
export type { HandlerContext } from './stop/handler.ts'
export type { Middleware, StopContext } from './stop/definition.ts'
export type { Stop } from './stop/typed.ts'
export { deadLetter, drop, isOutcome, pop, push, reroute, retry, split, wait } from './stop/outcome.ts'
export type { DeadLetter, Drop, Outcome, Pop, Push, Reroute, Retry, Split, Wait } from './stop/outcome.ts'
export { defaultPolicy } from './resilience/retry-policy.ts'
export type { ResolvedPolicy, RetryPolicy } from './resilience/retry-policy.ts'

// State
export { store } from './stop/store.ts'
export type { Store, StoreHandle, StoreOptions, StoreRange, StoreRow } from './stop/store.ts'
export type { StoreGetOptions, StorePage, StoreView } from './runtime/store-view.ts'

// Routing
export { line } from './itinerary/line.ts'
export type { Line, LineSoFar, LineStart } from './itinerary/line.ts'
export { switchStop } from './itinerary/switch.ts'
export type { SwitchOptions } from './itinerary/switch.ts'
export { mapMaker } from './itinerary/map-maker.ts'
export type { MapMaker, MapMakerOptions, MapRule } from './itinerary/map-maker.ts'
export { conductor } from './itinerary/conductor.ts'
export type { Conductor, ConductorOptions, ConductorRule } from './itinerary/conductor.ts'
export type { Match, Scalar } from './itinerary/match.ts'

// What travels
export type { Event, Headers } from './event/event.ts'
export type { Data, DeepReadonly } from './schema/data.ts'
export type { SchemaInput, SchemaOutput, StandardSchema } from './schema/standard.ts'

// Buses
export { embedded } from './bus/embedded/index.ts'
export type { EmbeddedOptions } from './bus/embedded/index.ts'
export { memory } from './bus/memory/index.ts'
export type { MemoryOptions } from './bus/memory/index.ts'

// A running app
export type {
  AppStats,
  Health,
  IngestBatch,
  IngestItem,
  Receipt,
  SendOptions,
  StopStats,
} from './runtime/definition.ts'
export type {
  Controls,
  LimitChange,
  LimitSettings,
  Pausable,
  Pause,
  PauseEffect,
  SeekPlan,
  SeekRequest,
  StopLimits,
} from './runtime/controls.ts'
export type {
  DeadLetterFilter,
  DeadLetterGroup,
  DeadLetterRecord,
  DeadLetters,
  DryRun,
  RunningApp,
  Sending,
} from './runtime/running.ts'

// Errors
export { MetrobusError, familyOf, isMetrobusError } from './errors/index.ts'
export type { ErrorCode, ErrorFacts, ErrorFamily } from './errors/index.ts'
