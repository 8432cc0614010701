/**
 * Publish and subscribe: the app "shop" owns a topic, and does not know who reads it. The app "mail" is added beside it while it runs, in its own group,
 * and reads the topic from the beginning.
 */
import { embedded } from '../../src/index.ts'
import { mail } from './mail.ts'
import { shop } from './shop.ts'

const bus = embedded({ dir: './data' })

await using selling = await shop().start({ bus })
await selling.send('orders', { orderId: 'o-1', customer: 'Ada', total: 12 })
await selling.send('orders', { orderId: 'o-2', customer: 'Grace', total: 30 })
await selling.caughtUp()
console.log('-- mail joins')

await using mailing = await mail().start({ bus })
await mailing.caughtUp()
console.log('-- one more order')

await selling.send('orders', { orderId: 'o-3', customer: 'Barbara', total: 7 })
await selling.caughtUp()
await mailing.caughtUp()
