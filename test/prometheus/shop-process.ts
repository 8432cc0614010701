/** Runs the shop as a process of its own, and does what its parent says: `node shop-process.ts <name> <folder> <port>`. */
import { embedded } from '../../src/index.ts'
import { prometheus } from '../../src/telemetry/index.ts'
import { shop } from './shop.ts'

const [name = '', dir = '', port = ''] = process.argv.slice(2)
const running = await shop(name).start({ bus: embedded({ dir }), telemetry: prometheus({ port: Number(port) }) })
await running.listening

process.on('message', (told: { readonly send?: readonly string[]; readonly discard?: true; readonly stop?: true }) => {
  void (async () => {
    for (const order of told.send ?? []) await running.send('orders', { name: order })
    if (told.send !== undefined) await running.caughtUp()
    if (told.discard === true) await running.deadLetters.discard({}, 'it is a test')
    if (told.stop === true) await running.stop()
    process.send?.('done')
    if (told.stop === true) process.disconnect()
  })()
})
process.send?.('ready')
