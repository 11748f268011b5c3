// Promises: how the tests' own PostgreSQL differs from the one that Strata ships: more connections; fsync off only if asked.

export function testServerSettings(): Readonly<Record<string, string>> {
  const fsync = process.env['STRATA_TEST_FSYNC'] === 'off' ? 'off' : 'on'
  return { max_connections: '200', fsync }
}
