/** How many streams may be open at once: over all, and of one that asks, so that a slow one does not hold all of them. */
import { MetrobusError } from '../errors/index.ts'
import type { StreamGate } from './streaming.ts'

const streamsMax = 32
const streamsOfOneMax = 8

/** `isShared` where more than this machine asks: then nobody has more than a quarter. */
export function streamGate(signal: AbortSignal, isShared: boolean): StreamGate {
  const open: string[] = []
  const ofOneMax = isShared ? streamsOfOneMax : streamsMax
  return {
    signal,
    enter(who) {
      if (open.length >= streamsMax) throw new MetrobusError('MB_TOO_MANY_STREAMS', { streamsMax })
      if (open.filter((name) => name === who).length >= ofOneMax)
        throw new MetrobusError('MB_TOO_MANY_STREAMS', { streamsMax: ofOneMax })
      open.push(who)
      let hasLeft = false
      return () => {
        if (!hasLeft) open.splice(open.indexOf(who), 1)
        hasLeft = true
      }
    },
  }
}
