/** Asking for approval and answering (contract, section 4.3, "Approval response"). */
import type { ApprovalReturn, Message, ToolCall, ToolReturn } from '../../../domain/message.ts'
import type { BodyOf, LettaApprovalReturn, LettaToolReturn } from './shape.ts'
import { lettaToolCall } from './tool-calls.ts'
import { lettaToolReturn } from './tool-returns.ts'

/** All calls of one message are asked for together; undefined when there are none. */
export function approvalRequestBody(calls: readonly ToolCall[]): BodyOf<'approval_request_message'> | undefined {
  const asked = calls.map(lettaToolCall)
  const first = asked[0]
  return first && { message_type: 'approval_request_message', tool_call: first, tool_calls: asked }
}

export function approvalResponseBody(message: Message): BodyOf<'approval_response_message'> {
  const stored = message.approvals ?? []
  const approvals = stored.length > 0 ? stored.map(lettaApproval) : legacyApproval(message)
  const first = approvals.find((approval) => approval.type === 'approval')
  return {
    message_type: 'approval_response_message',
    approvals,
    approve: first?.approve ?? message.approve ?? null,
    approval_request_id: first?.tool_call_id ?? message.approval_request_id ?? null,
    reason: first ? first.reason : (message.denial_reason ?? null),
  }
}

function lettaApproval(approval: ApprovalReturn | ToolReturn): LettaApprovalReturn | LettaToolReturn {
  if (!('approve' in approval)) return lettaToolReturn(approval, '')
  const { tool_call_id, approve, reason } = approval
  return { type: 'approval', tool_call_id, approve, reason: reason ?? null }
}

/** Older rows hold a single approval in fields of their own. Without a verdict or a request there is none to show. */
function legacyApproval(message: Message): LettaApprovalReturn[] {
  const { approve, approval_request_id: request, denial_reason: reason } = message
  if (typeof approve !== 'boolean' || typeof request !== 'string') return []
  return [{ type: 'approval', tool_call_id: request, approve, reason: reason ?? null }]
}
