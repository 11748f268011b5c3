// strata query: the platform's own questions, answered by the analytics. What there is to ask, and with which parameters, is known to the registry of queries, which is loaded only here.

import type { Command } from 'commander'

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('the answer to a named query; without a name, which there are')
    .argument('[name]', 'the query')
    .argument('[options...]', 'its parameters, as --param value (`strata query NAME --help` lists them); --sink NAME; --json: a row a line')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (name: string | undefined, options: readonly string[]) => {
      const { query } = await import('../query.ts')
      await query(name === undefined ? [] : [name, ...options])
    })
}
