/**
 * A Prometheus rules file for apps: what somebody should be woken for, with thresholds from the policies of the stops and from the objectives of the lines. Names of
 * alerts are public: routes and silences of Alertmanager name them.
 */
import type { ResolvedPolicy } from '../resilience/retry-policy.ts'
import { stopsOfApp } from '../runtime/app.ts'
import type { AppDefinition, Objective } from '../runtime/definition.ts'
import type { StopDefinition } from '../stop/definition.ts'
import { handlerBounds, signals } from '../telemetry/signals.ts'
import type { SignalName } from '../telemetry/signals.ts'

/** `page`: somebody has to look now. `warn`: somebody has to look today. */
type Severity = 'page' | 'warn'

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly summary?: string
}

/** Nothing that a policy allows is an alert before a minute has passed. */
const patienceMinS = 60
/** What a policy without an end of tries is given. */
const patienceMaxS = 3600

/** The rules file, as YAML. */
export function alertRules(apps: readonly AppDefinition[]): string {
  const groups = apps.flatMap((app) => [
    {
      name: `metrobus-${app.name}`,
      rules: [...rulesOfApp(app), ...stopsOfApp(app).flatMap((stop) => rulesOfStop(app, stop))],
    },
    ...Object.entries(app.objectives ?? {}).map(([line, objective]) => ({
      name: `metrobus-${app.name}-${line}`,
      rules: rulesOfObjective(app, line, objective),
    })),
  ])
  const told = groups.flatMap(({ name, rules }) => [`  - name: ${text(name)}`, '    rules:', ...rules.flatMap(yamlOf)])
  return ['groups:', ...told].join('\n')
}

function rulesOfApp({ name: app }: AppDefinition): readonly Rule[] {
  const of = { app }
  const lag = series('lagRecords', { group: app })
  const free = series('logFree', of)
  return [
    alert('MetrobusDown', of, 'page', `absent(${series('buildInfo', of)})`, '2m', `no process of ${app} answers`),
    alert(
      'MetrobusJournalPoisoned',
      of,
      'page',
      `${series('appFailed', { ...of, code: 'MB_JOURNAL_POISONED' })} > 0`,
      '0s',
      `the disk of ${app} has failed: restart it, and look at the disk`,
    ),
    alert(
      'MetrobusAppFailed',
      of,
      'page',
      `${series('appFailed', { ...of, code: '!MB_JOURNAL_POISONED' })} > 0`,
      '0s',
      `${app} cannot go on: {{ $labels.code }}`,
    ),
    alert(
      'MetrobusDiskFilling',
      of,
      'page',
      `${free} < 1e9 or predict_linear(${free}[1h], 4 * 3600) < 0`,
      '5m',
      `the disk of the journal of ${app} has {{ $value | humanize1024 }}B left, now or in four hours`,
    ),
    alert(
      'MetrobusEntriesWait',
      of,
      'page',
      `${series('entriesPressed', of)} > 0`,
      '5m',
      `entries of ${app} wait: the bus is short of space or memory`,
    ),
    alert(
      'MetrobusBusUnreadable',
      of,
      'warn',
      `${series('busReadable', of)} == 0`,
      '5m',
      `the bus tells ${app} no positions: lag is not known`,
    ),
    alert(
      'MetrobusNoProgress',
      of,
      'page',
      `sum by (topic) (${lag}) > 0 and on (topic) sum by (topic) (increase(${series('eventsConsumed', of)}[10m])) == 0 unless on (topic) max by (topic) (${series('stopPaused', of)}) == 1`,
      '5m',
      `nothing of {{ $labels.topic }} was decided for ten minutes, and {{ $value }} records wait`,
    ),
    alert(
      'MetrobusDeadLetters',
      of,
      'warn',
      `sum by (stop) (${series('deadLettersWaiting', of)}) > 0`,
      '1m',
      `{{ $value }} events of ${app} were given up at {{ $labels.stop }}: metrobus dead list`,
    ),
  ]
}

function rulesOfStop({ name: app }: AppDefinition, { name: stop, policy }: StopDefinition): readonly Rule[] {
  const of = { app, stop }
  const patience = patienceOf(policy)
  const lag = series('lagSeconds', { group: app, topic: `${app}.${stop}` })
  const deadline = Math.min(policy.deadlineMs / 1000, handlerBounds.at(-1)!)
  // What is held back on purpose wakes nobody.
  const unlessPaused = `unless max(${series('stopPaused', of)}) == 1`
  const taken = `sum by (le) (rate(${series('handlerDuration', of, '_bucket')}[5m]))`
  return [
    alert(
      'MetrobusLagGrowing',
      of,
      'page',
      `max(${lag}) > ${patience} and max(delta(${lag}[5m])) > 0 ${unlessPaused}`,
      '5m',
      `${stop} of ${app} is {{ $value | humanizeDuration }} behind, and falls further behind`,
    ),
    alert(
      'MetrobusKeyParkedTooLong',
      of,
      'warn',
      `max(${series('parkedKeyOldest', of)}) > ${patience} ${unlessPaused}`,
      '1m',
      `a key has been parked at ${stop} of ${app} for {{ $value | humanizeDuration }}, longer than its policy takes`,
    ),
    alert(
      'MetrobusStopPaused',
      of,
      'warn',
      `max(${series('stopPaused', of)}) == 1`,
      '1h',
      `${stop} of ${app} has been held back for an hour: metrobus resume`,
    ),
    alert(
      'MetrobusHandlerSlow',
      of,
      'warn',
      `histogram_quantile(0.99, ${taken}) >= ${deadline}`,
      '5m',
      `one try of a hundred at ${stop} of ${app} takes {{ $value | humanizeDuration }}, its deadline is ${policy.deadlineMs / 1000}s`,
    ),
  ]
}

/** Alerts by how fast the error budget is spent, over a long window that matters and a short one that says that it goes on. */
const burns: readonly {
  readonly rate: number
  readonly long: string
  readonly short: string
  readonly severity: Severity
}[] = [
  { rate: 14.4, long: '1h', short: '5m', severity: 'page' },
  { rate: 6, long: '6h', short: '30m', severity: 'page' },
  { rate: 1, long: '3d', short: '6h', severity: 'warn' },
]

function rulesOfObjective(
  { name: app }: AppDefinition,
  route: string,
  { withinMs, share }: Objective,
): readonly Rule[] {
  const of = { app, route }
  const within = String(withinMs / 1000)
  const all = series('rideDuration', { ...of, outcome: '=done|dropped|dead' }, '_count')
  // Prometheus 3 writes whole bounds as 2.0.
  const good = series(
    'rideDuration',
    { ...of, outcome: '=done|dropped', le: `=${within.replace('.', '\\.')}(\\.0)?` },
    '_bucket',
  )
  const recorded = (window: string): string => `metrobus:ride_errors:ratio_rate${window}`
  const windows = [...new Set(burns.flatMap(({ long, short }) => [short, long]))]
  return [
    ...windows.map((window) => ({
      record: recorded(window),
      expr: `1 - (sum(rate(${good}[${window}])) or vector(0)) / sum(rate(${all}[${window}]))`,
      labels: of,
    })),
    ...burns.map(({ rate, long, short, severity }) => {
      const limit = Number((rate * (1 - share)).toPrecision(6))
      const above = (window: string): string => `${selector(recorded(window), of)} > ${limit}`
      return alert(
        'MetrobusObjectiveBurning',
        { ...of, window: long },
        severity,
        `${above(long)} and ${above(short)}`,
        '2m',
        `{{ $value | humanizePercentage }} of the rides of ${route} were lost or took longer than ${within}s: the budget of ${Number(((1 - share) * 100).toPrecision(6))} % is spent ${rate} times too fast`,
      )
    }),
  ]
}

/** How long an event may take to be decided under its policy, in seconds: all tries at their deadline, and the waits between. */
function patienceOf({
  attempts,
  backoffFirstMs,
  backoffFactor,
  backoffMaxMs,
  jitter,
  deadlineMs,
}: ResolvedPolicy): number {
  let ms = deadlineMs
  for (let retry = 0; retry < attempts - 1 && ms < patienceMaxS * 1000; retry++)
    ms += Math.min(backoffMaxMs, backoffFirstMs * backoffFactor ** retry) * (1 + jitter) + deadlineMs
  return Math.max(patienceMinS, Math.min(patienceMaxS, Math.ceil(ms / 1000)))
}

function alert(
  name: string,
  labels: Readonly<Record<string, string>>,
  severity: Severity,
  expr: string,
  wait: string,
  summary: string,
): Rule {
  return { alert: name, expr, for: wait, labels: { ...labels, severity }, summary }
}

/** A signal with label values; one that begins with `=` is a pattern, one with `!` excludes. */
const series = (name: SignalName, labels: Readonly<Record<string, string>>, end = ''): string =>
  selector(`${signals[name].name}${end}`, labels)

function selector(name: string, labels: Readonly<Record<string, string>>): string {
  const matchers = Object.entries(labels).map(([label, value]) => {
    if (value.startsWith('=')) return `${label}=~${text(value.slice(1))}`
    return value.startsWith('!') ? `${label}!=${text(value.slice(1))}` : `${label}=${text(value)}`
  })
  return `${name}{${matchers.join(',')}}`
}

/** A text in quotes means the same in YAML and in PromQL as in JSON. */
const text = (value: string): string => JSON.stringify(value)

function yamlOf({ record, alert: name, expr, for: wait, labels, summary }: Rule): readonly string[] {
  return [
    record === undefined ? `      - alert: ${text(name ?? '')}` : `      - record: ${text(record)}`,
    `        expr: ${text(expr)}`,
    ...(wait === undefined ? [] : [`        for: ${wait}`]),
    '        labels:',
    ...Object.entries(labels).map(([label, value]) => `          ${label}: ${text(value)}`),
    ...(summary === undefined ? [] : ['        annotations:', `          summary: ${text(summary)}`]),
  ]
}
