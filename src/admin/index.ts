export { adminHandler, serveAdmin } from './serve-admin.ts'
export type { AdminHandler, AdminHandlerOptions, AdminOptions, TlsOptions } from './serve-admin.ts'
export type { AccessOptions } from './access.ts'
export type { ActKind } from './act.ts'
export type { ApprovalRule } from './approvals.ts'
export type { Grant } from './grant.ts'
export type { MaskRule } from './masks.ts'
export type { Role } from './identity.ts'
export type { JwtAlgorithm, JwtOptions } from './jwt.ts'
export { serveConsole } from './console.ts'
export type { ConsoleOptions } from './console.ts'
export { serveHealth, serveSocket } from './server.ts'
export { AdminClient, inProcess, overSocket } from './client.ts'
export type { RecordsQuery, Transport } from './client.ts'
export type { DeadLetterGroup } from '../runtime/running.ts'
export type {
  AppAnswer,
  ErrorAnswer,
  HealthAnswer,
  HopAnswer,
  LagAnswer,
  LiveAnswer,
  RecordAnswer,
  RideAnswer,
  SendAnswer,
  SentEvent,
  TopicAnswer,
} from './answers.ts'
