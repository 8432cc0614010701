/** Kafka brokers (KRaft) for tests: started, killed and stopped by process id, in a folder of their own. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { end, launch, lives, run, ServerProblem } from '../run.ts'
import { jars } from './jars.ts'
import { certified, settingsOf, users } from './settings.ts'
import type { ClusterPlan, NodePlan } from './settings.ts'

const noJava =
  'The Kafka brokers run on Java 17 or newer, and `java` is not installed (Debian: apt install openjdk-17-jre-headless).'
const noOpenssl = 'Certificates of clients are made by `openssl`, which is not installed (Debian: apt install openssl).'
const startedLine = 'Kafka Server started'
/** Long enough for three Java machines that share one slow CPU. */
const readyMsMax = 120_000
const graceMs = 10_000
const clusterId = 'TWV0cm9idXNUZXN0cw0000'

interface State extends ClusterPlan {
  /** Process ids by node; a node that was killed has none. */
  readonly pids: Readonly<Record<number, number>>
}

/** The brokers of one folder, running or not. */
export class Brokers {
  readonly plan: ClusterPlan
  #pids: Record<number, number>

  private constructor({ pids, ...plan }: State) {
    this.plan = plan
    this.#pids = { ...pids }
  }

  /** The brokers that were started in `folder`; undefined when there are none. */
  static in(folder: string): Brokers | undefined {
    const path = stateFile(folder)
    return existsSync(path) ? new Brokers(JSON.parse(readFileSync(path, 'utf8'))) : undefined
  }

  /** Makes the folder and formats every node; nothing runs yet. */
  static create(plan: ClusterPlan): Brokers {
    const { folder, nodes, keystore } = plan
    checkJava()
    const libs = jars()
    mkdirSync(folder, { recursive: true })
    if (keystore !== undefined) makeKeystore(keystore)
    const scram = keystore === undefined ? [] : scramWords()
    for (const node of nodes) {
      writeFileSync(settingsFile(folder, node.id), settingsOf(plan, node))
      const words = [
        'kafka.tools.StorageTool',
        'format',
        '-t',
        clusterId,
        '-c',
        settingsFile(folder, node.id),
        ...scram,
      ]
      run('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', `${libs}/*`, ...words], noJava)
    }
    const brokers = new Brokers({ ...plan, pids: {} })
    brokers.#save()
    return brokers
  }

  /** `host:port` of every node's listener without TLS. */
  get bootstrap(): string[] {
    return this.plan.nodes.map(({ port }) => `127.0.0.1:${port}`)
  }

  /** `host:port` of every node's SASL_SSL listener. */
  get secured(): string[] {
    return this.plan.nodes.flatMap(({ tls }) => (tls === undefined ? [] : [`localhost:${tls.port}`]))
  }

  /** `host:port` of every node's listener that asks for a certificate. */
  get mutual(): string[] {
    return this.plan.nodes.flatMap(({ tls }) => (tls === undefined ? [] : [`localhost:${tls.mutualPort}`]))
  }

  /** The certificate that signs the listeners with TLS, as PEM. */
  get certificate(): string {
    return readFileSync(join(this.plan.folder, 'ca.pem'), 'utf8')
  }

  /** What a client shows to the listener that asks for a certificate, as PEM. */
  get clientCertificate(): { readonly cert: string; readonly key: string } {
    const path = this.plan.keystore?.client ?? ''
    return { cert: readFileSync(path, 'utf8'), key: readFileSync(keyOf(path), 'utf8') }
  }

  /** Starts the nodes that do not run, and waits until they serve. */
  async start(ids: readonly number[] = this.plan.nodes.map(({ id }) => id)): Promise<void> {
    const starting = ids.filter((id) => !this.runs(id))
    for (const id of starting) this.#launch(id)
    this.#save()
    await Promise.all(starting.map((id) => this.#ready(id)))
  }

  runs(id: number): boolean {
    const pid = this.#pids[id]
    return pid !== undefined && lives(pid, settingsFile(this.plan.folder, id))
  }

  /** Ends one node; without `graceful` as a crash does, by SIGKILL. */
  async stop(id: number, graceful = false): Promise<void> {
    const pid = this.#pids[id]
    if (pid !== undefined) await end(pid, settingsFile(this.plan.folder, id), graceful ? graceMs : 0)
    delete this.#pids[id]
    this.#save()
  }

  /** Ends every node and removes the folder. */
  async remove(): Promise<void> {
    // Nobody needs the data, so nobody waits for a graceful end.
    await Promise.all(this.plan.nodes.map(({ id }) => this.stop(id)))
    rmSync(this.plan.folder, { recursive: true, force: true })
  }

  #launch(id: number): void {
    const memory = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    const logging = ['warn', 'kafka.server=info'].map((level) => loggerWord(level))
    const words = ['-cp', `${jars()}/*`, ...logging, 'kafka.Kafka', settingsFile(this.plan.folder, id)]
    rmSync(this.logFile(id), { force: true })
    this.#pids[id] = launch('java', [...memory, ...words], this.logFile(id))
  }

  /** What a node said. */
  logFile(id: number): string {
    return join(this.plan.folder, `node-${id}.log`)
  }

  async #ready(id: number): Promise<void> {
    const until = Date.now() + readyMsMax
    for (;;) {
      const said = readFileSync(this.logFile(id), 'utf8')
      if (said.includes(startedLine)) return
      const why = this.runs(id) ? (Date.now() < until ? undefined : 'is not ready in time') : 'ended'
      if (why !== undefined)
        throw new ServerProblem(`Kafka node ${id} ${why}:\n${said.trim().split('\n').slice(-12).join('\n')}`)
      await pause(100)
    }
  }

  #save(): void {
    if (existsSync(this.plan.folder))
      writeFileSync(stateFile(this.plan.folder), JSON.stringify({ ...this.plan, pids: this.#pids }))
  }
}

const stateFile = (folder: string): string => join(folder, 'state.json')
const settingsFile = (folder: string, id: number): string => join(folder, `node-${id}.properties`)

const loggerWord = (level: string): string => {
  const [name, value] = level.split('=')
  return value === undefined
    ? `-Dorg.slf4j.simpleLogger.defaultLogLevel=${name}`
    : `-Dorg.slf4j.simpleLogger.log.${name}=${value}`
}

/** The users of SCRAM are part of the formatted storage, so that no call has to make them. */
const scramWords = (): string[] =>
  Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((kind) => [
      '--add-scram',
      `${kind}=[name=${name},password=${password}]`,
    ]),
  )

function checkJava(): void {
  run('java', ['-version'], noJava)
}

function makeKeystore({ path, password, client }: NonNullable<ClusterPlan['keystore']>): void {
  const store = ['-keystore', path, '-storetype', 'PKCS12', '-storepass', password, '-alias', 'broker']
  const subject = [
    '-dname',
    'CN=localhost',
    '-ext',
    'san=dns:localhost,ip:127.0.0.1',
    '-validity',
    '30',
    '-keyalg',
    'EC',
  ]
  run('keytool', ['-genkeypair', ...store, ...subject], noJava)
  run('keytool', ['-exportcert', '-rfc', ...store, '-file', join(path, '..', 'ca.pem')], noJava)
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '30']
  const files = ['-keyout', keyOf(client), '-out', client]
  run('openssl', ['req', ...kind, '-subj', certified.subject, ...files], noOpenssl)
}

const keyOf = (certificate: string): string => certificate.replace(/\.pem$/, '.key')

/** How many ports each node needs. */
export const portsOf = (tls: boolean): number => (tls ? 4 : 2)

/** A plan on given ports: for each node its broker's, its controller's and, with TLS, those of its two listeners. */
export function planOf(folder: string, ports: readonly number[], nodes: number, tls: boolean): ClusterPlan {
  const plans: NodePlan[] = Array.from({ length: nodes }, (_, index) => ({
    id: index + 1,
    port: at(ports, index),
    controllerPort: at(ports, nodes + index),
    ...(tls ? { tls: { port: at(ports, 2 * nodes + index), mutualPort: at(ports, 3 * nodes + index) } } : {}),
  }))
  const keystore = { path: join(folder, 'broker.p12'), password: 'for-tests-only', client: join(folder, 'client.pem') }
  return { folder, nodes: plans, ...(tls ? { keystore } : {}) }
}

function at(ports: readonly number[], index: number): number {
  const port = ports[index]
  if (port === undefined) throw new RangeError(`Port ${index} is missing.`)
  return port
}
