import { z } from 'zod'
import { route } from '../../http/route.ts'
import { TAG_PAGE } from './pages.ts'

/** Contract, section 1.6. */
export const listTags = route({
  method: 'GET',
  path: '/v1/tags/',
  name: 'listTags',
  tag: 'tags',
  summary: 'Distinct tags of the steps, alphabetically',
  role: 'read',
  query: {
    name: { kind: 'id', help: 'Only tags that contain this text, whatever its case' },
    query_text: { kind: 'id', help: 'Former name of name', deprecated: true },
  },
  page: TAG_PAGE,
  replies: { 200: z.array(z.string()) },
  async handle({ ledger, scope, query, page }) {
    const name = query.name ?? query.query_text
    const tags = await ledger.read.listTags({ project: scope.project, page, ...(name !== undefined && { name }) })
    return { json: JSON.stringify(tags) }
  },
})
