/**
 * The test kit, published as `metrobus/testing`: surroundings that a test holds in its hand. Same seed, same run.
 */
export { VirtualClock } from './virtual-clock.ts'
export type { VirtualClockOptions } from './virtual-clock.ts'
export { SeededRandom, chooseSeed } from './seeded-random.ts'
export { SimDisk, atCall, atCallOf } from './sim-disk.ts'
export type { DiskCall, DiskCallName, DiskFault, DiskFaults, SimDiskOptions } from './sim-disk.ts'
export { DiskError } from './disk-error.ts'
export type { DiskErrorCode } from './disk-error.ts'
export type { DiskOperation, DiskState, PendingSector, Survivors } from './disk-state.ts'
export { crashImages } from './crash-images.ts'
export type { CrashImage, CrashImageOptions } from './crash-images.ts'
export { describeViolations, judge } from './oracle.ts'
export type { FoundEvent, Place, SentEvent, Testimony, Violation } from './oracle.ts'
export { memory } from '../bus/memory/index.ts'
export type { MemoryOptions, SettleCall, SettlePlan } from '../bus/memory/index.ts'
export type { Clock, Platform, Random, Timer } from '../internal/platform/platform.ts'
export type { Disk, DiskFile, DiskLock } from '../internal/platform/disk.ts'
