import { testDatabase } from '../test/database.ts'
import pg from 'pg'
import { readFileSync } from 'node:fs'
const db = await testDatabase()
const c = new pg.Client(db.url); await c.connect()
c.on('notice', (n) => console.log(String(n.message).split('\n').filter(l=>/Query Text|Scan|Index Cond|Filter|Sort|plan:/.test(l)).map(l=>l.slice(0,150)).join('\n')))
await c.query("load 'auto_explain'; set auto_explain.log_min_duration=0; set auto_explain.log_nested_statements=on; set client_min_messages=log; set plan_cache_mode=force_generic_plan")
const grab = (file: string, name: string) => new RegExp(`const ${name} = \`([^\`]*)\``).exec(readFileSync(new URL(file, import.meta.url),'utf8'))![1]!.replace(/\$\{ROW_COLUMNS\}/g,'v.*')
const e = 'ticket:a:b'
const run = async (label: string, text: string, values: unknown[]) => { console.log('\n#####', label); await c.query({ name: label, text, values }) }
const go = async () => {
await run('latest', grab('./read.ts','LATEST'), [1,e])
await run('version', grab('./read.ts','VERSION'), [1,e,1])
await run('history', grab('./read.ts','HISTORY'), [1,e,1,10])
await run('asof', grab('./read.ts','AS_OF'), [1,e,'2020-01-01T00:00:00Z'])
await run('effective', grab('./read.ts','EFFECTIVE'), [1,e,null,'2020-01-01T00:00:00Z'])
await run('events', grab('./read.ts','EVENTS'), [1,e,'2020-01-01T00:00:00Z','2020-01-01T00:00:00Z'])
await run('load', grab('./load.ts','LATEST'), ['{1}',`{${e}}`])
await run('key', grab('./load.ts','BY_KEY'), ['{1}','{a}','{b}'])
await run('place', grab('./load.ts','BY_PLACE'), ['{1}','{1}'])
await run('ranges', grab('./feed.ts','RANGES'), ['{1}','{1}','{2}',null,null])
}
await go()
await c.end(); await db.drop()
