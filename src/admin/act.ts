/** What can be done to an app, by the names that the audit log and approvals know it by. */
export type ActKind = 'send' | 'replay' | 'discard' | 'pause' | 'resume' | 'limit' | 'drain'
