// Promises: the real servers that sinks are tested against, without Docker.
//   npm run services -- install           into the user's cache
//   npm run services -- start [kafka]     starts all, or those named, says how to reach them, and stops them when it is told to end (Ctrl-C)
import { once } from 'node:events'
import { kafka } from './services/kafka.ts'
import { mongodb } from './services/mongodb.ts'
import { snowflake } from './services/snowflake.ts'

const all = { mongodb, kafka, snowflake }
const [verb, ...names] = process.argv.slice(2)
const chosen = Object.entries(all).filter(([name]) => names.length === 0 || names.includes(name))

if (names.some((name) => !(name in all)) || (verb !== 'install' && verb !== 'start')) {
  console.error(`usage: npm run services -- install|start [${Object.keys(all).join('|')} …]`)
  process.exitCode = 2
} else if (verb === 'install') {
  for (const [, { name, install }] of chosen) console.log(`${name}: ${await install()}`)
} else {
  await using running = new AsyncDisposableStack()
  for (const [, service] of chosen) console.log(`${service.setting}='${running.use(await service.start()).address}'`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}
