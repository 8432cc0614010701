/** The part of the catalogue that tells of a Kafka cluster. */
export const kafkaErrors = {
  MB_KAFKA_UNREACHABLE: {
    family: 'retry',
    message: (f: { brokers: readonly string[]; reason: string }): string =>
      `No Kafka broker answers at ${f.brokers.join(', ')}: ${f.reason}. Check the addresses and that the cluster is up.`,
  },
  MB_KAFKA_NO_ANSWER: {
    family: 'retry',
    message: (f: { request: string; broker: string; reason: string }): string =>
      `${f.request} went to the Kafka broker ${f.broker} and was not answered (${f.reason}), so whether it was carried out is not known.`,
  },
  MB_KAFKA_CREDENTIALS: {
    family: 'stop',
    message: (f: { broker: string; reason: string }): string =>
      `The Kafka broker ${f.broker} does not accept the credentials (${f.reason}): check mechanism, user and password.`,
  },
  MB_KAFKA_TLS: {
    family: 'stop',
    message: (f: { broker: string; reason: string }): string =>
      `No trusted connection to the Kafka broker ${f.broker} (${f.reason}): check \`tls\`, the certificate authority and the host name.`,
  },
  MB_KAFKA_NOT_ALLOWED: {
    family: 'stop',
    message: (f: { request: string; what: string }): string =>
      `The Kafka cluster does not allow ${f.request} on ${f.what}: grant it to this user.`,
  },
  MB_KAFKA_NO_TOPIC: {
    family: 'stop',
    message: (f: { topic: string; partition?: number }): string =>
      f.partition === undefined
        ? `The Kafka cluster has no topic "${f.topic}": create it.`
        : `The Kafka topic "${f.topic}" has no partition ${f.partition}.`,
  },
  MB_KAFKA_TOPICS: {
    family: 'stop',
    message: (f: { faults: readonly string[] }): string =>
      `The Kafka topics are not as they have to be: ${f.faults.join('; ')}. Create and change them so; with \`topics: 'create'\` what is missing is made.`,
  },
  MB_KAFKA_POSITIONS_GONE: {
    family: 'stop',
    message: (f: { group: string; places: readonly string[] }): string =>
      `The Kafka cluster has forgotten how far "${f.group}" has read ${f.places.join(', ')}, as it does when none of its instances has run for offsets.retention.minutes: say where to go on, by kafka-consumer-groups.sh --reset-offsets.`,
  },
  MB_KAFKA_LOG_CUT: {
    family: 'stop',
    message: (f: { topic: string; partition: number; offset: number; end: number }): string =>
      `The Kafka topic ${f.topic}/${f.partition} ends at ${f.end}, and it was read up to ${f.offset}: acknowledged records are lost, as by an unclean election of a leader. Look at the cluster, then say where to go on, by kafka-consumer-groups.sh --reset-offsets.`,
  },
  MB_KAFKA_RECREATED: {
    family: 'stop',
    message: (f: { topic: string }): string =>
      `The Kafka topic "${f.topic}" was deleted and made again while it was read: what was not handled is gone. Say where to go on in the new one, by kafka-consumer-groups.sh --reset-offsets.`,
  },
  MB_KAFKA_TOO_LARGE: {
    family: 'park',
    message: (f: { topic: string; partition: number; bytes: number }): string =>
      `A batch of ${f.bytes} bytes is larger than the Kafka topic "${f.topic}" takes: send less, or raise its max.message.bytes.`,
  },
  MB_KAFKA_BAD_BATCH: {
    family: 'stop',
    message: (f: { fault: string }): string =>
      `A record batch of Kafka cannot be read: ${f.fault}. Nothing of it was taken: look at the topic with Kafka's own tools.`,
  },
  MB_KAFKA_FOREIGN_RECORD: {
    family: 'park',
    message: (f: { topic: string; partition: number; offset: number; reason: string }): string =>
      `Record ${f.offset} of the Kafka topic ${f.topic}/${f.partition} is no event that can be read: ${f.reason}. Declare how its records are mapped.`,
  },
  MB_KAFKA_OLD_CLUSTER: {
    family: 'stop',
    message: (f: { missing: readonly string[] }): string =>
      `The Kafka cluster is older than 4.0 or its features are not finalised (${f.missing.join(', ') || 'it does not know the question'}): upgrade the brokers, then run kafka-features.sh upgrade --release-version.`,
  },
  MB_KAFKA_OLD_NODE: {
    family: 'stop',
    message: (f: { version: string }): string =>
      `The Kafka bus needs Node 22.22 or newer, or 24.6 or newer, and this is ${f.version}: use a newer one.`,
  },
  MB_KAFKA_NO_CLIENT: {
    family: 'stop',
    message: (f: { client: string }): string =>
      `The Kafka bus needs the package ${f.client}, which is not installed: npm install ${f.client}`,
  },
  MB_KAFKA_FENCED: {
    family: 'stop',
    message: (f: { producer: string; reason: string }): string =>
      `The Kafka producer "${f.producer}" was taken over by another of the same name (${f.reason}): nothing more can be written by this one.`,
  },
  MB_KAFKA_NOT_NOW: {
    family: 'retry',
    message: (f: { request: string; what: string; code: number; name: string }): string =>
      `The Kafka cluster cannot carry out ${f.request} for ${f.what} now: ${f.name}.`,
  },
  MB_KAFKA_REFUSED: {
    family: 'stop',
    message: (f: { request: string; what: string; code: number; name: string }): string =>
      `The Kafka cluster refused ${f.request} for ${f.what}: ${f.name}.`,
  },
} as const
