/** The part of the catalogue that tells of stores. */
export const storeErrors = {
  MB_FOREIGN_KEY: {
    family: 'park',
    message: (f: { store: string; key: string; event: string | null }): string =>
      `The row ${JSON.stringify(f.key)} of the store "${f.store}" does not belong to an event ${f.event === null ? 'without a key' : `of the key ${JSON.stringify(f.event)}`}: an event may use the rows of its own key; give the event that key on its way, or the store an \`owner\`.`,
  },
  MB_KEY_ELSEWHERE: {
    family: 'park',
    message: (f: { store: string; key: string; partition: number }): string =>
      `The row ${JSON.stringify(f.key)} of the store "${f.store}" belongs to another partition than ${f.partition}, where its event is: who wrote the event partitions in another way. Let a stop before this one give the key again.`,
  },
  MB_LATE_STORE: {
    family: 'park',
    message: (f: { stop: string; id: string }): string =>
      `The stop "${f.stop}" used a store for event ${f.id} after its outcome was decided: await everything before you return.`,
  },
  MB_STORE_PARTITIONS: {
    family: 'stop',
    message: (f: { store: string; stop: string; partitions: number; kept: number }): string =>
      `The store "${f.store}" has ${f.kept} partitions and the stop "${f.stop}" has ${f.partitions}: a store is partitioned as the stops that use it. Give each its own store.`,
  },
  MB_STORE_FAILED: {
    family: 'stop',
    message: (f: { path: string; reason: string }): string =>
      `The stores in ${f.path} cannot be used: ${f.reason}. One process uses them at a time; with the app stopped they can be deleted, and are read from their logs again.`,
  },
  MB_UNKNOWN_STORE: {
    family: 'refuse',
    message: (f: { store: string; known: readonly string[] }): string =>
      `There is no store "${f.store}": this app has ${f.known.join(', ') || 'none'}.`,
  },
  MB_STORE_ELSEWHERE: {
    family: 'refuse',
    message: (f: { store: string; key: string; partition: number }): string =>
      `The row ${JSON.stringify(f.key)} of the store "${f.store}" is in partition ${f.partition}, which another member of the app has, or which is still loading: ask there, or later.`,
  },
  MB_NOT_ABSORBED: {
    family: 'refuse',
    message: (f: { store: string; id: string; timeoutMs: number }): string =>
      `The store "${f.store}" did not absorb event ${f.id} within ${f.timeoutMs} ms: it may still be on its way, or wait for a retry. Ask again, or without \`after\`.`,
  },
} as const
