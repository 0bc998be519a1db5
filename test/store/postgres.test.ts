import { postgres } from '../support/stores.ts'
import { describeStore } from './contract/index.ts'

describeStore(postgres)
