/** What an adapter of the bus port is made of, and the bus in memory. */
export type {
  Assignment,
  Bus,
  BusInspector,
  Member,
  MemberListener,
  PartitionInfo,
  PollRequest,
  RetentionSpec,
  Settled,
  Subscription,
  TopicInfo,
  TopicPartition,
  TopicSpec,
} from './bus.ts'
export { resolveCapabilities } from './capabilities.ts'
export type { Capabilities, ResolvedCapabilities } from './capabilities.ts'
export { guarded } from './guarded.ts'
export { busCases, plannedCases } from './conformance.ts'
export type { BusAbilities, BusCase, BusConformance, BusFixture, PlannedCase } from './conformance.ts'
