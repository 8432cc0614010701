// cost: at most 25000 instantiations
// What a line of 25 stops costs the compiler, each stop with a schema of its own and an event of 12 fields that grows on the way.
import { drop, entry, line, metrobus, stop } from '../../../src/index.ts'
import { schema } from '../expect.ts'

interface Order {
  id: string
  customer: { id: string; name: string; email?: string }
  lines: { sku: string; count: number; price: number }[]
  at: string
  total: number
  currency: 'eur' | 'usd'
  notes: string[]
  address: { street: string; city: string; country: string }
  channel: string
  priority: number
  tags: Record<string, string>
  done: boolean
}
interface Order1 extends Order {
  step1: { by: string; took: number }
}
interface Order2 extends Order1 {
  step2: { by: string; took: number }
}
interface Order3 extends Order2 {
  step3: { by: string; took: number }
}
interface Order4 extends Order3 {
  step4: { by: string; took: number }
}
interface Order5 extends Order4 {
  step5: { by: string; took: number }
}
interface Order6 extends Order5 {
  step6: { by: string; took: number }
}
interface Order7 extends Order6 {
  step7: { by: string; took: number }
}
interface Order8 extends Order7 {
  step8: { by: string; took: number }
}
interface Order9 extends Order8 {
  step9: { by: string; took: number }
}
interface Order10 extends Order9 {
  step10: { by: string; took: number }
}
interface Order11 extends Order10 {
  step11: { by: string; took: number }
}
interface Order12 extends Order11 {
  step12: { by: string; took: number }
}
interface Order13 extends Order12 {
  step13: { by: string; took: number }
}
interface Order14 extends Order13 {
  step14: { by: string; took: number }
}
interface Order15 extends Order14 {
  step15: { by: string; took: number }
}
interface Order16 extends Order15 {
  step16: { by: string; took: number }
}
interface Order17 extends Order16 {
  step17: { by: string; took: number }
}
interface Order18 extends Order17 {
  step18: { by: string; took: number }
}
interface Order19 extends Order18 {
  step19: { by: string; took: number }
}
interface Order20 extends Order19 {
  step20: { by: string; took: number }
}
interface Order21 extends Order20 {
  step21: { by: string; took: number }
}
interface Order22 extends Order21 {
  step22: { by: string; took: number }
}
interface Order23 extends Order22 {
  step23: { by: string; took: number }
}
interface Order24 extends Order23 {
  step24: { by: string; took: number }
}
interface Order25 extends Order24 {
  step25: { by: string; took: number }
}

const stop1 = stop('stop-1', { in: schema<Order>(), out: schema<Order1>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step1: { by: 'stop-1', took: 1 } },
)
const stop2 = stop('stop-2', { in: schema<Order1>(), out: schema<Order2>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step2: { by: 'stop-2', took: 2 } },
)
const stop3 = stop('stop-3', { in: schema<Order2>(), out: schema<Order3>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step3: { by: 'stop-3', took: 3 } },
)
const stop4 = stop('stop-4', { in: schema<Order3>(), out: schema<Order4>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step4: { by: 'stop-4', took: 4 } },
)
const stop5 = stop('stop-5', { in: schema<Order4>(), out: schema<Order5>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step5: { by: 'stop-5', took: 5 } },
)
const stop6 = stop('stop-6', { in: schema<Order5>(), out: schema<Order6>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step6: { by: 'stop-6', took: 6 } },
)
const stop7 = stop('stop-7', { in: schema<Order6>(), out: schema<Order7>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step7: { by: 'stop-7', took: 7 } },
)
const stop8 = stop('stop-8', { in: schema<Order7>(), out: schema<Order8>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step8: { by: 'stop-8', took: 8 } },
)
const stop9 = stop('stop-9', { in: schema<Order8>(), out: schema<Order9>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step9: { by: 'stop-9', took: 9 } },
)
const stop10 = stop('stop-10', { in: schema<Order9>(), out: schema<Order10>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step10: { by: 'stop-10', took: 10 } },
)
const stop11 = stop('stop-11', { in: schema<Order10>(), out: schema<Order11>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step11: { by: 'stop-11', took: 11 } },
)
const stop12 = stop('stop-12', { in: schema<Order11>(), out: schema<Order12>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step12: { by: 'stop-12', took: 12 } },
)
const stop13 = stop('stop-13', { in: schema<Order12>(), out: schema<Order13>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step13: { by: 'stop-13', took: 13 } },
)
const stop14 = stop('stop-14', { in: schema<Order13>(), out: schema<Order14>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step14: { by: 'stop-14', took: 14 } },
)
const stop15 = stop('stop-15', { in: schema<Order14>(), out: schema<Order15>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step15: { by: 'stop-15', took: 15 } },
)
const stop16 = stop('stop-16', { in: schema<Order15>(), out: schema<Order16>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step16: { by: 'stop-16', took: 16 } },
)
const stop17 = stop('stop-17', { in: schema<Order16>(), out: schema<Order17>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step17: { by: 'stop-17', took: 17 } },
)
const stop18 = stop('stop-18', { in: schema<Order17>(), out: schema<Order18>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step18: { by: 'stop-18', took: 18 } },
)
const stop19 = stop('stop-19', { in: schema<Order18>(), out: schema<Order19>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step19: { by: 'stop-19', took: 19 } },
)
const stop20 = stop('stop-20', { in: schema<Order19>(), out: schema<Order20>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step20: { by: 'stop-20', took: 20 } },
)
const stop21 = stop('stop-21', { in: schema<Order20>(), out: schema<Order21>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step21: { by: 'stop-21', took: 21 } },
)
const stop22 = stop('stop-22', { in: schema<Order21>(), out: schema<Order22>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step22: { by: 'stop-22', took: 22 } },
)
const stop23 = stop('stop-23', { in: schema<Order22>(), out: schema<Order23>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step23: { by: 'stop-23', took: 23 } },
)
const stop24 = stop('stop-24', { in: schema<Order23>(), out: schema<Order24>(), effects: 'none' }, (order) =>
  order.done ? drop('done') : { ...order, step24: { by: 'stop-24', took: 24 } },
)
const stop25 = stop('stop-25', { in: schema<Order24>() }, async () => {})

const long = line('long')
  .via(stop1)
  .via(stop2)
  .via(stop3)
  .via(stop4)
  .via(stop5)
  .via(stop6)
  .via(stop7)
  .via(stop8)
  .via(stop9)
  .via(stop10)
  .via(stop11)
  .via(stop12)
  .via(stop13)
  .via(stop14)
  .via(stop15)
  .via(stop16)
  .via(stop17)
  .via(stop18)
  .via(stop19)
  .via(stop20)
  .via(stop21)
  .via(stop22)
  .via(stop23)
  .via(stop24)
  .to(stop25)

metrobus('orders', { entries: [entry('orders', { in: schema<Order>(), key: (order) => order.id, route: long })] })
