/** The settings of a broker for tests: small, quick to fail over, everything replicated as in production. */

/** A node: broker and controller in one process. */
export interface NodePlan {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
  /** Undefined where the cluster has no TLS. */
  readonly tls?: {
    /** Of the listener where users log in. */
    readonly port: number
    /** Of the listener that asks for a certificate instead. */
    readonly mutualPort: number
  }
}

export interface ClusterPlan {
  /** Holds the settings, data and logs of every node. */
  readonly folder: string
  readonly nodes: readonly NodePlan[]
  /** Set with TLS: listeners with users and with certificates, and an authoriser that knows the listener without TLS as its superuser. */
  readonly keystore?: {
    readonly path: string
    readonly password: string
    /** The certificate of the one client that may come with one; its key lies beside it. */
    readonly client: string
  }
}

/** Whom the authoriser sees behind the client's certificate. */
export const certified = { subject: '/CN=rider', principal: 'User:CN=rider' }

/** Users of the TLS listener; both mechanisms know them. */
export const users: Readonly<Record<string, string>> = { alice: 'alice-secret', bob: 'bob-secret' }

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** A session by token ends after so long, so that a test sees it renewed. Tokens are taken without a signature. */
export const tokenSessionMs = 2_000

const host = '127.0.0.1'

/** The text of a node's server.properties. */
export function settingsOf(plan: ClusterPlan, node: NodePlan): string {
  const replicas = Math.min(3, plan.nodes.length)
  const inSync = Math.min(2, replicas)
  const settings: Record<string, string | number> = {
    'node.id': node.id,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': plan.nodes.map(({ id, controllerPort }) => `${id}@${host}:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': `${plan.folder}/data-${node.id}`,
    'auto.create.topics.enable': 'false',
    ...replication(replicas, inSync),
    ...quickToFailOver,
    ...listeners(plan, node),
  }
  return Object.entries(settings).reduce((text, [name, value]) => `${text}${name}=${value}\n`, '')
}

const replication = (replicas: number, inSync: number): Record<string, number> => ({
  'default.replication.factor': replicas,
  'min.insync.replicas': inSync,
  'offsets.topic.replication.factor': replicas,
  'transaction.state.log.replication.factor': replicas,
  'transaction.state.log.min.isr': inSync,
  'share.coordinator.state.topic.replication.factor': replicas,
  'share.coordinator.state.topic.min.isr': inSync,
  // Fifty of each, the default, make a start slow.
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.num.partitions': 3,
  'share.coordinator.state.topic.num.partitions': 3,
})

/** What takes half a minute in production takes seconds here, so that a test of a fail-over ends. */
const quickToFailOver = {
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  'controller.quorum.election.timeout.ms': 500,
  'controller.quorum.fetch.timeout.ms': 1_000,
  'replica.lag.time.max.ms': 3_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
  'group.initial.rebalance.delay.ms': 0,
  'group.consumer.min.heartbeat.interval.ms': 200,
  'group.consumer.heartbeat.interval.ms': 300,
  'group.consumer.min.session.timeout.ms': 3_000,
  'group.consumer.session.timeout.ms': 3_000,
}

function listeners({ keystore }: ClusterPlan, node: NodePlan): Record<string, string> {
  const plain = `PLAINTEXT://${host}:${node.port}`
  const protocols = 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'
  const controller = `CONTROLLER://${host}:${node.controllerPort}`
  if (keystore === undefined || node.tls === undefined)
    return {
      listeners: `${plain},${controller}`,
      'advertised.listeners': plain,
      'listener.security.protocol.map': protocols,
    }
  const { port, mutualPort } = node.tls
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`)
  const login = 'org.apache.kafka.common.security'
  return {
    listeners: `${plain},SASL_SSL://${host}:${port},MUTUAL://${host}:${mutualPort},${controller}`,
    'advertised.listeners': `${plain},SASL_SSL://localhost:${port},MUTUAL://localhost:${mutualPort}`,
    'listener.security.protocol.map': `${protocols},SASL_SSL:SASL_SSL,MUTUAL:SSL`,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.mutual.ssl.truststore.type': 'PEM',
    'listener.name.mutual.ssl.truststore.location': keystore.client,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore.path,
    'ssl.keystore.password': keystore.password,
    'sasl.enabled.mechanisms': [...saslMechanisms, 'OAUTHBEARER'].join(','),
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required ${known.join(' ')};`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': `${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    'listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms': String(tokenSessionMs),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  }
}
