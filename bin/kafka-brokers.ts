// Promises: what STRATA_KAFKA_BROKERS says: some hosts of the cluster and, as ZooKeeper has it, behind a slash, where in it: what the topics begin with.

export interface KafkaPlace {
  readonly brokers: readonly string[]
  readonly prefix: string
}

const BROKER = /^(\[[0-9a-fA-F:.]+\]|[^\s:,[\]]+):\d{1,5}$/
const PREFIX = /^[a-zA-Z0-9._-]{1,100}$/

/** Undefined: it says nothing of that kind. */
export function kafkaPlace(text: string): KafkaPlace | undefined {
  const [hosts = '', prefix = 'strata', ...more] = text.split('/')
  const brokers = hosts.split(',').map((broker) => broker.trim())
  return more.length === 0 && PREFIX.test(prefix) && brokers.every((broker) => BROKER.test(broker)) ? { brokers, prefix } : undefined
}
