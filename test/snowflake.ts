// Promises: a schema of its own in the stand-in of Snowflake, for whoever asks, as a URL of the sink.
let made = 0

export function testSnowflake(address: string): string {
  const url = new URL(address)
  url.pathname = `/STRATA/TEST_${process.pid}_${++made}`
  return url.href
}
