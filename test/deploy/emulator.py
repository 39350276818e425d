"""Starts MiniStack with the few changes that a deployment by the unmodified AWS CDK CLI needs. Each mends one thing that AWS does.

Argument: a JSON list of CloudFormation types to accept without doing anything. The process ends when its standard input does, so
that it cannot outlive whoever started it.
"""

import json
import os
import re
import signal
import string
import sys
import threading


def end_with_parent():
    while os.read(sys.stdin.fileno(), 4096):
        pass
    # The whole group, which has the functions' processes in it. MiniStack may ignore a gentler signal.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def evaluate_policies_as_aws():
    """Policies are evaluated (AUTH=true) as if calls came over TLS, and whoever assumed a role is known by the role's ARN."""
    from ministack.core import iam_evaluator

    enforce = iam_evaluator.enforce
    resolve_key = iam_evaluator._resolve_condition_key
    pin_request_origin = iam_evaluator.pin_request_origin

    def enforce_and_tell(access_key, action, service, region, resource_arn="*", service_context=None):
        denied = enforce(access_key, action, service, region, resource_arn, service_context)
        if denied is not None:
            caller = getattr(denied, "principal_arn", "somebody unknown")
            print(f"refused: {action} on {resource_arn} by {caller}", file=sys.stderr, flush=True)
        return denied

    def resolve_key_as_aws(key, context):
        value = resolve_key(key, context)
        if key.lower() != "aws:principalarn":
            return value
        return re.sub(r"^arn:aws:sts::(\d{12}):assumed-role/([^/]+)/.*", r"arn:aws:iam::\1:role/\2", value)

    iam_evaluator.enforce = enforce_and_tell
    iam_evaluator._resolve_condition_key = resolve_key_as_aws
    iam_evaluator.pin_request_origin = lambda address, over_tls: pin_request_origin(address, True)


def name_attributes_of_writes():
    """The condition key dynamodb:Attributes lists what any expression and the key name; MiniStack looks at projections only."""
    from ministack.core import iam_actions

    context_of = iam_actions.dynamodb_service_context

    def context_with_writes(body):
        context, request = context_of(body), json.loads(body or b"{}")
        names = request.get("ExpressionAttributeNames") or {}
        expressions = " ".join(str(request.get(f"{kind}Expression", "")) for kind in ("Update", "Condition", "Filter"))
        # Only the beginning of a path is an attribute of the item.
        written = {names.get(placeholder, placeholder) for placeholder in re.findall(r"(?<![.\w])#\w+", expressions)}
        written |= set(request.get("Key") or request.get("Item") or {})
        attributes = [*context.get("dynamodb:Attributes", []), *sorted(written)]
        return {**context, "dynamodb:Attributes": attributes} if attributes else context

    iam_actions.dynamodb_service_context = context_with_writes


def name_encryption_contexts():
    """The condition keys of KMS for an encryption context, none of which MiniStack has."""
    from ministack.core import iam_actions

    context_of = iam_actions.request_tag_context

    def context_with_encryption(service, action, body, parameters):
        context = context_of(service, action, body, parameters)
        named = json.loads(body or b"{}").get("EncryptionContext") if service == "kms" else None
        if not named:
            return context
        members = {f"kms:EncryptionContext:{name}": value for name, value in named.items()}
        return {**context, **members, "kms:EncryptionContextKeys": list(named)}

    iam_actions.request_tag_context = context_with_encryption


def accept_types(types):
    """Refuses a type that MiniStack meanwhile provides: the list must not grow stale."""
    from ministack.services.cloudformation import provisioners

    def create(logical_id, properties, stack_name):
        return f"{stack_name}-{logical_id}", {"Arn": f"arn:aws:emulated:::{stack_name}/{logical_id}"}

    handlers = provisioners._RESOURCE_HANDLERS
    provided = [name for name in types if name in handlers]
    if provided:
        sys.exit(f"MiniStack provides, so they need no stand-in: {', '.join(provided)}")
    for name in types:
        handlers[name] = {"create": create, "delete": lambda physical_id, properties: None}


def accept_metric_math():
    """MiniStack refuses alarms on more than one metric: they are accepted and never go off."""
    from ministack.core.responses import get_account_id, get_region
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    alarm = handlers["AWS::CloudWatch::Alarm"]

    def create(logical_id, properties, stack_name):
        if "Metrics" not in properties:
            return alarm["create"](logical_id, properties, stack_name)
        name = f"{stack_name}-{logical_id}"
        return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}

    def update(physical_id, old_properties, properties, *stack):
        if "Metrics" in properties or "Metrics" in old_properties:
            return physical_id, {}
        return alarm["update"](physical_id, old_properties, properties, *stack)

    def delete(physical_id, properties):
        if "Metrics" not in properties:
            alarm["delete"](physical_id, properties)

    handlers["AWS::CloudWatch::Alarm"] = {**alarm, "create": create, "update": update, "delete": delete}


def call_functions_as_rest_apis():
    """A streaming integration names its function in another path, which MiniStack takes for a part of the name."""
    from ministack.services import apigateway_v1

    read = apigateway_v1._extract_lambda_ref_from_integration_uri
    ending = "/response-streaming-invocations"
    apigateway_v1._extract_lambda_ref_from_integration_uri = lambda uri: read(uri or "").removesuffix(ending)


def resolve_references():
    """Ref of a secret is its ARN, and Fn::GetStackOutput can have another Region: neither is so in MiniStack."""
    from ministack.core import responses
    from ministack.services.cloudformation import _stacks, engine

    resolve = engine._resolve_refs

    def output_elsewhere(reference):
        stack = _stacks.get_scoped(responses.get_account_id(), reference["Region"], reference["StackName"])
        for output in (stack or {}).get("Outputs", []):
            if output["OutputKey"] == reference["OutputName"]:
                return output["OutputValue"]
        raise ValueError(f"no output {reference['OutputName']} of {reference['StackName']} in {reference['Region']}")

    def resolve_as_aws(value, resources, *scope, **named_scope):
        if isinstance(value, dict) and len(value) == 1:
            referred = resources.get(value["Ref"], {}) if isinstance(value.get("Ref"), str) else {}
            if referred.get("ResourceType") == "AWS::SecretsManager::Secret" and "Attributes" in referred:
                return referred["Attributes"]["Arn"]
            reference = value.get("Fn::GetStackOutput")
            if isinstance(reference, dict) and reference.get("Region") not in (None, responses.get_region()):
                return output_elsewhere(reference)
        return resolve(value, resources, *scope, **named_scope)

    engine._resolve_refs = resolve_as_aws


def generate_secrets_as_asked():
    """MiniStack generates punctuation whatever the template says, and such a secret cannot be every header's value."""
    from ministack.services.cloudformation import provisioners

    generate = provisioners._sm_secret_string

    def generate_as_asked(properties):
        wish = properties.get("GenerateSecretString")
        if not wish or str(wish.get("ExcludePunctuation")).lower() != "true":
            return generate(properties)
        excluded = wish.get("ExcludeCharacters", "") + string.punctuation
        return generate({**properties, "GenerateSecretString": {**wish, "ExcludeCharacters": excluded}})

    provisioners._sm_secret_string = generate_as_asked


def reach_rest_apis_from_the_edge(port):
    """A distribution of MiniStack calls its origin, but no host name of AWS: those of its own REST APIs are here."""
    from ministack.services import cloudfront

    forward = cloudfront._forward_to_origin

    def forward_here(origin, method, uri, *request):
        api = re.fullmatch(r"([0-9a-f]{8})\.execute-api\.[a-z0-9-]+\.amazonaws\.com", origin["domain_name"])
        if api is None:
            return forward(origin, method, uri, *request)
        here = {**origin, "domain_name": "127.0.0.1", "protocol_policy": "http-only", "http_port": port}
        return forward(here, method, f"/_aws/execute-api/{api.group(1)}{uri}", *request)

    cloudfront._forward_to_origin = forward_here


def answer_function_urls_whole():
    """A streaming function URL of MiniStack reads bytes with a prelude; function-runtime.cjs has collected both into one answer."""
    from ministack.services import lambda_svc

    respond = lambda_svc._function_url_stream_response

    def respond_from_collected(result, cors_headers):
        answer = result.get("body")
        if not isinstance(answer, dict) or "statusCode" not in answer:
            return respond(result, cors_headers)
        prelude = {name: answer[name] for name in ("statusCode", "headers")}
        framed = json.dumps(prelude).encode() + lambda_svc._STREAM_PRELUDE_SEPARATOR + answer["body"].encode()
        return respond({**result, "body": framed}, cors_headers)

    lambda_svc._function_url_stream_response = respond_from_collected


def open_tumbling_windows():
    """An event source mapping with a tumbling window names the shard in its events. MiniStack leaves the window out."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import provisioners

    windows = {}

    def remembering(provision):
        def remember(*arguments):
            result = provision(*arguments)
            properties = arguments[-2]
            windows[lambda_svc._esms[result[0]]["FunctionName"]] = properties.get("TumblingWindowInSeconds")
            return result

        return remember

    mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    mapping["create"] = remembering(mapping["create"])
    mapping["update"] = remembering(mapping["update"])
    execute = lambda_svc._execute_function

    def execute_in_window(function, event):
        records = event.get("Records") if isinstance(event, dict) else None
        name = function.get("config", {}).get("FunctionName")
        if records and records[0].get("eventSource") == "aws:dynamodb" and windows.get(name):
            event = {**event, "shardId": "shardId-00000000000000000001-00000001", "state": {}}
        return execute(function, event)

    lambda_svc._execute_function = execute_in_window


def main():
    threading.Thread(target=end_with_parent, daemon=True).start()
    evaluate_policies_as_aws()
    name_attributes_of_writes()
    name_encryption_contexts()
    accept_types(json.loads(sys.argv[1]))
    accept_metric_math()
    call_functions_as_rest_apis()
    resolve_references()
    generate_secrets_as_asked()
    reach_rest_apis_from_the_edge(int(os.environ["GATEWAY_PORT"]))
    answer_function_urls_whole()
    open_tumbling_windows()
    sys.argv = sys.argv[:1]

    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
