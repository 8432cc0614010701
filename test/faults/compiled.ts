/** Where Node keeps what it has compiled: by the first process that ends by itself, for all that follow, of this run and of later ones. Node checks what it finds there. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const compileCache: string = join(tmpdir(), 'metrobus-faults-compiled')
