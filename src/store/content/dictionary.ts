/**
 * The preset dictionary of deflate encoding 1: text that the requests and answers of language models share.
 *
 * Most parts are a few hundred bytes, too short for deflate to find repetitions in them; with this text "before"
 * them the frames of messages, tools and answers cost next to nothing. It is only a hint for compression: JSON of any
 * shape can be stored. From back to front, because references to the end are shortest: messages of a history, answers,
 * tool definitions and settings, words of agents and people, shells and code in tool results.
 *
 * NEVER EDIT: what was stored with it cannot be read with another one. A better dictionary is a new encoding tag.
 */
export const DICTIONARY_1 = Buffer.from(
  String.raw`
SELECT * FROM  WHERE  ORDER BY  LIMIT 10;\nfunction (const  = await ) => {\n  return export import  from
 '</div>\n<div class=\"https://www.http://github.com/.org/.html\nError: Exception: TypeError: ValueError: No
 such file or directory\nPermission denied\ncommand not found\nFAILED PASSED test session starts
 ====drwxr-xr-x 2 root root  4096 Jan -rw-r--r-- 1 root root  total \ndiff --git a/ b/\nindex --- a/\n+++
 b/\n@@ -Traceback (most recent call last):\n  File \"/usr/lib/python3/site-packages/\", line , in
 <module>\n    raise #!/usr/bin/env python3\nimport os\nimport sys\nimport json\nfrom  import \n\nclass
 (object):\n    \"\"\"\"\"\"\n    def __init__(self, ):\n        self. = \n        if  is not
 None:\n            return \n        else:\n            raise ValueError(f\"for  in print(f'\n\nif __name__
 == '__main__':\n    cat > /tmp/test.py << 'EOF'\n\nEOF\ncd / && python3 -c \"import | head -20 | grep -n
 \"find . -name \"*.py\" -type f sed -n '1,50p' /src/git diff && git status && ls -la README.md package.json
 pytest tests/test_ --help 2>&1 -exec information about the  would like to  please provide your  Thank you
 for  is there anything else I can help you with? I'm sorry, but I  Here is the  based on the  You are a
 helpful assistant that  Let me check the  I'll start by looking at  Now I need to  Let
 me  First,  Perfect!  Great! The user wants me to  and  because  which should be  the {"name":""
,"description":"Get the Returns Search for List the The ID of the The name of the The path to the file to "
,"inputSchema":{"input_schema":{"$schema":"http://json-schema.org/draft-07/schema#","title":""
,"default":null,"anyOf":[{"type":"integer"},{"type":"null"}],"items":{"type":"boolean"},"number","enum":[""]
,"type":"array",{"type":"function","function":{"name":"","description":"","parameters":{"type":"object"
,"properties":{"":{"type":"string","description":""}},"required":[""],"additionalProperties":false}
,"strict":true}}],"tools":[],"tool_choice":"auto","parallel_tool_calls":true,"max_tokens":4096
,"max_completion_tokens":"top_p":1,"stream":true,"stream_options":{"include_usage":true},"reasoning":
{"effort":"medium","summary":"auto"},"generationConfig":{"systemInstruction":{"thinking":{"type":"enabled"
,"budget_tokens":"response_format":{"id":"resp_","object":"response","created_at":"status":"completed"
,"output":[{"type":"reasoning","id":"rs_","summary":[],"encrypted_content":"{"type":"message","content":[
{"type":"output_text","annotations":[],"text":"{"candidates":[{"finishReason":"STOP","usageMetadata":
{"promptTokenCount":"candidatesTokenCount":"totalTokenCount":{"id":"msg_","type":"message"
,"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":,"cache_creation_input_tokens":0
,"cache_read_input_tokens":0,"output_tokens":,"service_tier":"standard"}}{"id":"chatcmpl-"
,"object":"chat.completion","created":17,"model":"gpt-","system_fingerprint":"fp_","choices":[
{"finish_reason":"stop","finish_reason":"tool_calls","index":0,"logprobs":null,"message":{"role":"assistant"
,"content":"","refusal":null,"annotations":[],"tool_calls":null,"function_call":null,"reasoning_content":""
,"provider_specific_fields":{}}],"usage":{"completion_tokens":,"prompt_tokens":,"total_tokens":
,"completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":0
,"rejected_prediction_tokens":0},"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":0}}}
{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo{"type":"image","source":
{"type":"base64","media_type":"image/jpeg","data":"/9j/{"type":"thinking","thinking":"","signature":"
{"type":"function_call","call_id":"{"type":"function_call_output","output":"{"type":"input_text","text":"
{"role":"developer","content":"{"role":"model","parts":[{"functionCall":{"name":"","args":
{"functionResponse":{"name":"","response":{"parts":[{"text":"{"role":"system","content":"{"role":"assistant"
,"content":[{"type":"text","text":""},{"type":"tool_use","id":"toolu_01","name":"","input":
{"command":"file_path":"","cache_control":{"type":"ephemeral"}}]}{"role":"user","content":[
{"type":"tool_result","tool_use_id":"toolu_01","is_error":false,"content":[{"type":"text","text":"{\"id\":
 \"\", \"name\": \"\", \"status\": \"success\", \"error\": null, \"created_at\": \"2025-01-15 10:30:00\",
 \"\": {\"\": [{\"type\": true, \"\": false}], \"message\": \"{\"result\":\"\",\"data\":[
{\"url\":\"\",\"query\":\"{"model":"gpt-claude-gemini-deepseek","temperature":0,"system":"","input":[
,"contents":[,"messages":[,{"role":"tool","tool_call_id":"call_","content":"","tool_call_id":"call_"
,"role":"tool"},{"role":"user","content":"{"role":"assistant","content":"","tool_calls":[{"index":0
,"id":"call_","type":"function","function":{"arguments":"{\"command\": \"cd \"}","name":"bash"}
,"id":"call_00_","type":"function"}],"function_call":null{"role":"assistant","content":null,"tool_calls":[
{"id":"call_","type":"function","function":{"name":"get_","arguments":"
{\"path\":\"\",\"query\":\"\",\"id\":\"\"}"}}]}
`.replaceAll(/\r?\n/g, ''),
)
