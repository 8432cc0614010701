/** Loaded before a program by `--import`: writes the most memory that it held, in kB, to the file in METROBUS_PEAK_FILE when it ends. */
import { readFileSync, writeFileSync } from 'node:fs'

const file = process.env['METROBUS_PEAK_FILE']
process.on('exit', () => {
  // Not `maxRSS`: a child inherits what its parent had when it was started.
  if (file !== undefined) writeFileSync(file, /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]!)
})
