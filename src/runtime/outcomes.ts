/**
 * From what a handler returned to what goes into the commit unit. Everything that can fail is done first, into a plan; only then is the
 * outbox touched, so that an event whose outcome cannot be encoded leaves no half of itself behind (I4).
 */
import { MetrobusError } from '../errors/index.ts'
import { partitionOf } from '../event/partition.ts'
import { freezeDeep, nestingMax, Record } from '../event/record.ts'
import {
  advanceSlip,
  childrenLeft,
  hopLimit,
  isNext,
  nextStop,
  popAhead,
  pushAhead,
  replaceAhead,
  slipOfChild,
} from '../itinerary/slip.ts'
import { isOutcome, type Outcome, outcomeKind } from '../stop/outcome.ts'
import type { Attempt, Emission } from './attempt.ts'
import { checkUnitData, encodeData, envelopeMax } from './encode.ts'
import type { OutputQueue } from './outbox.ts'
import { GivenUp, Retrying, TooEarly } from './retrying.ts'
import type { Sending } from './running.ts'
import type { StopRuntime } from './stop-runtime.ts'

/** So many hops are never too many for a ride that its entry began; the limit need not be read on the way of a short line. */
const uncheckedHops = 4

/** What one event causes: records and their queues, and how its ride went on. */
class Plan {
  readonly queues: OutputQueue[] = []
  readonly records: Record[] = []
  /** How many of both count: emptying the lists would give up their memory at each event. */
  count = 0
  ending: string | undefined = undefined
  /** Of a drop. */
  slug: string | undefined = undefined

  add(queue: OutputQueue, record: Record): void {
    this.queues[this.count] = queue
    this.records[this.count] = record
    this.count++
  }

  clear(): void {
    this.count = 0
    this.ending = undefined
    this.slug = undefined
  }
}

// One plan for all: it is filled and emptied within one synchronous call.
const plan = new Plan()

/**
 * Settles the outcome of an attempt into the outbox, all but the acknowledgement. Throws what makes the attempt a failure: `Retrying`, `GivenUp`, or an
 * error about the outcome itself.
 */
export function complete(attempt: Attempt, result: unknown): void {
  fill(attempt, result)
  if (attempt.kept !== undefined) attempt.kept.plan(plan)
  const { engine, stop } = attempt.lane
  const bytes = attempt.record.home?.length ?? 0
  if (plan.count > 1) checkUnitData(plan.records.slice(0, plan.count), stop.name, bytes)
  for (let index = 0; index < plan.count; index++) {
    const record = plan.records[index]!
    engine.outbox.output(plan.queues[index]!, record, record.text === undefined ? bytes : record.text.length)
  }
  if (attempt.kept !== undefined) attempt.kept.decide()
  if (plan.ending === undefined) stop.counters.out++
  else {
    if (plan.ending === 'done') {
      stop.counters.out++
      stop.counters.done++
    } else if (plan.slug === undefined) stop.counters.split++
    else stop.counters.drop(plan.slug)
    engine.ended(attempt, plan.ending)
  }
}

/** What `complete` would settle, and nothing is. Throws as it does. */
export function rehearse(
  attempt: Attempt,
  result: unknown,
): { readonly ending: string | undefined; readonly sends: readonly Sending[] } {
  fill(attempt, result)
  const { count, ending } = plan
  const sends = plan.records
    .slice(0, count)
    .map(({ key, data }, index) => ({ topic: plan.queues[index]!.topic, key, data }))
  return { ending, sends }
}

function fill(attempt: Attempt, result: unknown): void {
  plan.clear()
  if (isOutcome(result)) planOutcome(attempt, result)
  else planForward(attempt, result)
  if (attempt.emissions !== undefined) planEmissions(attempt, attempt.emissions)
}

function planOutcome(attempt: Attempt, outcome: Outcome): void {
  switch (outcomeKind(outcome)) {
    case 'drop': {
      const { slug, detail } = outcome as Extract<Outcome, { readonly slug: string }>
      plan.slug = slug
      plan.ending = detail === undefined ? `dropped:${slug}` : `dropped:${slug} ${detail}`
      return
    }
    case 'split':
      return planSplit(attempt, (outcome as Extract<Outcome, { readonly values: unknown }>).values)
    case 'reroute':
    case 'push': {
      const { target, value } = outcome as Extract<Outcome, { readonly target: string }>
      return planTarget(attempt, outcomeKind(outcome) === 'push', target, value)
    }
    case 'pop': {
      const { count, value } = outcome as Extract<Outcome, { readonly count: number }>
      return planOnward(attempt, popAhead(slipAfter(attempt), count), value)
    }
    case 'retry':
      throw new Retrying((outcome as Extract<Outcome, { readonly afterMs: number }>).afterMs)
    case 'wait':
      throw new TooEarly((outcome as Extract<Outcome, { readonly afterMs: number }>).afterMs)
    default: {
      const { slug, detail } = outcome as Extract<Outcome, { readonly slug: string }>
      throw new GivenUp(slug, detail)
    }
  }
}

/** Plain data: on to the next stop, or the end of the ride at a stop without output. */
function planForward(attempt: Attempt, value: unknown): void {
  const { stop } = attempt.lane
  if (stop.definition.outSchema === undefined) {
    plan.ending = 'done'
    return
  }
  if (value === undefined) throw new MetrobusError('MB_NO_OUTCOME', { stop: stop.name })
  planOnward(attempt, slipAfter(attempt, value), value)
}

function planTarget(attempt: Attempt, isPush: boolean, name: string, value: unknown): void {
  const { definition } = attempt.lane.stop
  const target = definition.targets.get(name)
  if (target === undefined)
    throw new MetrobusError('MB_UNDECLARED_TARGET', {
      where: `The stop "${definition.name}"`,
      target: name,
      declared: [...definition.targets.keys()],
    })
  const names = target.stops.map((stop) => stop.name)
  const slip = slipAfter(attempt)
  planOnward(attempt, isPush ? pushAhead(slip, names) : replaceAhead(slip, names, target.line, target.version), value)
}

function planOnward(attempt: Attempt, slip: string, value: unknown): void {
  const { record } = attempt
  const hop = record.hop + 1
  const onward = route(attempt, slip, value, hop)
  if (onward === undefined) plan.ending = 'done'
  else planRecord(attempt, onward.target, onward.slip, value, record.ride, hop)
}

function planSplit(attempt: Attempt, values: readonly unknown[]): void {
  const { record, lane } = attempt
  const before = slipAfter(attempt)
  const children = childrenLeft(before)
  if (values.length > children)
    throw new MetrobusError('MB_TOO_MANY_CHILDREN', { stop: lane.stop.name, count: values.length, limit: children })
  // A child counts its hops from 0, so it gets what its parent had left, and a share of the children: a split in a circle ends too.
  const left = hopLimit(before) - record.hop - 1
  if (left < 1) throw new MetrobusError('MB_HOP_LIMIT', { slip: before, limit: hopLimit(before) })
  const slip = slipOfChild(before, left, Math.floor((children - values.length) / Math.max(1, values.length)))
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === undefined) throw new MetrobusError('MB_NO_OUTCOME', { stop: lane.stop.name })
    const onward = route(attempt, slip, value, 0)
    if (onward !== undefined) planRecord(attempt, onward.target, onward.slip, value, `${record.id}~${index}`, 0)
  }
  plan.ending = `split:${values.length}`
}

/** The slip behind this stop: popped ahead, noted behind; for an entry, plotted anew. */
function slipAfter(attempt: Attempt, value?: unknown): string {
  const { lane, record } = attempt
  const { entry } = lane.stop
  if (entry !== undefined) return entry.router.plot(value, record)
  return advanceSlip(record.slip, lane.stop.name, attempt.attempt, attempt.durationMs)
}

/** The next stop: of the itinerary, of the conductor, or hard-wired; undefined when the ride ends here. */
function route(
  attempt: Attempt,
  slip: string,
  value: unknown,
  hop: number,
): { readonly target: StopRuntime; readonly slip: string } | undefined {
  const { engine, stop } = attempt.lane
  let target = stop.following
  let routed = slip
  if (target === undefined || !isNext(slip, target.name)) {
    let name = nextStop(slip)
    if (name === undefined) {
      name = engine.conduct(slip, stop.name, value, attempt.record) ?? stop.definition.next?.name
      if (name === undefined) return undefined
      routed = pushAhead(slip, [name])
    }
    target = engine.stopNamed(name)
    stop.following = target
    if (target === undefined) throw new MetrobusError('MB_UNKNOWN_STOP', { stop: name, slip })
  }
  // The child of a split has what its parent had left, which may be less.
  const isChecked = hop > uncheckedHops || attempt.record.causationId !== undefined
  if (isChecked && hop > hopLimit(slip)) throw new MetrobusError('MB_HOP_LIMIT', { slip, limit: hopLimit(slip) })
  return { target, slip: routed }
}

function planRecord(
  attempt: Attempt,
  target: StopRuntime,
  slip: string,
  value: unknown,
  ride: string,
  hop: number,
): void {
  const { record, lane } = attempt
  const { stop } = lane
  const key =
    stop.definition.key === undefined
      ? record.key
      : keyOf(stop.name, stop.definition.key as (data: unknown) => unknown, value)
  const partition =
    key === record.key && target.partitions === stop.partitions
      ? lane.partition
      : key === null
        ? lane.partition % target.partitions
        : partitionOf(key, target.partitions)
  const isChild = ride !== record.ride
  const { slipGuard } = lane.engine
  const next = new Record(
    {
      ride,
      hop,
      type: record.type,
      source: record.source,
      time: record.time,
      key,
      headers: attempt.headers,
      correlationId: isChild ? (record.correlationId ?? record.ride) : record.correlationId,
      causationId: isChild ? record.id : record.causationId,
      replay: record.replay,
      slip: slipGuard === undefined ? slip : slipGuard.sign(slip, hop === 0 ? ride : `${ride}~${hop}`, hop),
    },
    value,
    undefined,
  )
  if (value === record.data) {
    next.unchangedFrom = record
    next.text = record.text
  } else {
    const { freezes, recordBytesMax } = lane.engine
    next.text = encodeData(value, stop.name, recordBytesMax, freezes ? record : undefined)
    if (freezes) freezeDeep(value, nestingMax)
    // No sink will ask for the old text: held until its unit is durable, it would be copied by every young collection.
    record.text = undefined
  }
  plan.add(target.input[partition]!, next)
}

function planEmissions(attempt: Attempt, emissions: readonly Emission[]): void {
  const { engine } = attempt.lane
  const { record } = attempt
  for (let index = 0; index < emissions.length; index++) {
    const emitted = engine.emitted(attempt.lane.stop, traced(attempt, emissions[index]!), {
      ride: `${record.id}!${index}`,
      correlationId: record.correlationId ?? record.ride,
      causationId: record.id,
    })
    plan.add(emitted.queue, emitted.record)
  }
}

function traced({ handling }: Attempt, emission: Emission): Emission {
  return handling === undefined ? emission : { ...emission, headers: handling.emit(emission.target, emission.headers) }
}

/** Applies a user's key function; anything but text or null is a fault of the function. */
export function keyOf(where: string, key: (data: unknown) => unknown, data: unknown): string | null {
  const value = key(data)
  if (value === null) return value
  // Half of a surrogate pair cannot be written as UTF-8: it would come back as another key.
  if (typeof value === 'string' && value.length <= envelopeMax && value.isWellFormed()) return value
  throw new MetrobusError('MB_BAD_KEY', {
    where,
    type:
      typeof value !== 'string'
        ? typeof value
        : value.length > envelopeMax
          ? `text of more than ${envelopeMax} characters`
          : 'text with half a character',
  })
}
