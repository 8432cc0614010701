/** The whole system: the sources find, the watch compares. `metrobus map examples/threat-watch` draws it, and `metrobus run` starts it against the real web. */
import { realNeeds } from './needs.ts'
import type { Needs } from './needs.ts'
import { sources } from './sources/sources.ts'
import { watch } from './watch/watch.ts'

export const threatWatch = (needs: Needs) => ({ sources: sources(needs), watch: watch(needs) })

export default () => threatWatch(realNeeds())
