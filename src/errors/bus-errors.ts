/** The part of the catalogue that tells of buses. */
export const busErrors = {
  MB_BUS_NOT_OPEN: {
    family: 'stop',
    message: (f: { bus: string; call: string; state: string }): string =>
      `The ${f.bus} bus is ${f.state}, so "${f.call}" cannot be done: a bus serves from its first app to its last; then make another.`,
  },
  MB_BUS_MISUSE: {
    family: 'stop',
    message: (f: { bus: string; faults: readonly string[] }): string =>
      `The ${f.bus} bus was given a unit that it must not take: ${f.faults.join('; ')}. This is a fault in what called it.`,
  },
  MB_SEEK_PARKED: {
    family: 'refuse',
    message: (f: { stop: string; keys: number; events: number }): string =>
      `${f.events} events of ${f.keys} keys are parked at "${f.stop}": say "keep", and they are handled before what is read again, or "discard", and they never are.`,
  },
  MB_SEEK_UNSUPPORTED: {
    family: 'refuse',
    message: (f: { bus: string }): string =>
      `The ${f.bus} bus cannot move an app that runs: stop the app, and seek then.`,
  },
  MB_GROUP_IN_USE: {
    family: 'refuse',
    message: (f: { group: string }): string => `The group "${f.group}" has a running member: stop its app first.`,
  },
  MB_OFFSET_GONE: {
    family: 'refuse',
    message: (f: { topic: string; partition: number; offset: number; begin: number }): string =>
      `What ${f.topic}/${f.partition} held from offset ${f.offset} on is gone: retention has removed all below ${f.begin}. Read on from there, or from the beginning.`,
  },
  MB_BUS_CANNOT: {
    family: 'stop',
    message: (f: { app: string; bus: string; need: string; change: string }): string =>
      `The bus "${f.bus}" cannot ${f.need} as the app "${f.app}" needs: ${f.change}.`,
  },
  MB_BUS_FAILED: {
    family: 'stop',
    message: (f: { reason: string }): string => `The bus failed and cannot go on: ${f.reason}.`,
  },
} as const
