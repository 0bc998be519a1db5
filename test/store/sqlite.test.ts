import { sqlite } from '../support/stores.ts'
import { describeStore } from './contract/index.ts'

describeStore(sqlite)
