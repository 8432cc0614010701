/** Opens a journal, or an app on it, and says `open`, or `refused` with how long that took and why; who has it keeps it. Argument: `{ dir, as: 'journal' | 'app' }`. */
import * as z from 'zod'
import { embedded, entry, line, memory, metrobus, stop } from '../../../src/index.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'

const { dir, as } = JSON.parse(process.argv[2]!) as { readonly dir: string; readonly as: 'journal' | 'app' }
const Item = z.object({ number: z.number() })

async function openApp(): Promise<unknown> {
  const items = entry('items', { in: Item, route: line('main').to(stop('keep', { in: Item }, () => {})) })
  return metrobus('race', { entries: [items] }).start({ bus: embedded({ dir }), socket: false })
}

// What is loaded once is not what is measured.
await metrobus('warm', {
  entries: [entry('items', { in: Item, route: line('main').to(stop('keep', { in: Item }, () => {})) })],
})
  .start({ bus: memory(), socket: false })
  .then((app) => app.stop())
const begun = performance.now()
try {
  const held = await (as === 'app' ? openApp() : openJournal({ dir, platform: nodePlatform, reserveBytes: 0 }))
  console.log('open')
  setInterval(() => held, 60_000)
} catch (error) {
  console.log('refused', Math.round(performance.now() - begun), (error as Error).message)
}
