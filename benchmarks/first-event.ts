/** Started by `start` and `reopen` with a folder and the package: says on stdout when the last stop has been given an event, and ends. */
import { writeSync } from 'node:fs'
import { campaignApp } from './campaign-app.ts'
import type { Library } from './campaign-app.ts'
import { contactOf } from './contact.ts'

const [dir = '', packageUrl = ''] = process.argv.slice(2)
const library: Library = await import(packageUrl)
const { promise: handled, resolve } = Promise.withResolvers<void>()
const app = campaignApp(library, () => {
  resolve()
  return undefined
})
const running = await app.start({ bus: library.embedded({ dir }) })
const sent = running.send('contacts', contactOf(0))
await handled
writeSync(1, 'handled\n')
await sent
await running.stop()
