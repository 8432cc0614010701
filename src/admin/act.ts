/** What can be done to an app, by the names that the audit log and approvals know it by. */
export const actKinds = ['send', 'replay', 'discard', 'pause', 'resume', 'limit', 'drain', 'seek', 'approve'] as const

export type ActKind = (typeof actKinds)[number]
