/** Put in front of a program by `--import`: when it ends, the last line of standard error is a list of all that it has loaded, as JSON. */
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
process.on('exit', () => writeSync(2, `${JSON.stringify(loaded)}\n`))
