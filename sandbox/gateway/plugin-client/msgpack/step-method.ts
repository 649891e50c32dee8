/**
 * Which method carries a PDK call's result back. Kong types some results; a plugin server has to know
 * these names.
 */
const typedSteps: Readonly<Record<string, string | undefined>> = {
  'kong.client.get_consumer': 'plugin.StepConsumer',
  'kong.client.load_consumer': 'plugin.StepConsumer',
  'kong.client.get_credential': 'plugin.StepCredential',
  'kong.node.get_memory_stats': 'plugin.StepMemoryStats',
  'kong.request.get_headers': 'plugin.StepMultiMap',
  'kong.request.get_query': 'plugin.StepMultiMap',
  'kong.response.get_headers': 'plugin.StepMultiMap',
  'kong.router.get_route': 'plugin.StepRoute',
  'kong.router.get_service': 'plugin.StepService',
  'kong.service.response.get_headers': 'plugin.StepMultiMap',
};

export function stepMethod(pdkMethod: string): string {
  return typedSteps[pdkMethod] ?? 'plugin.Step';
}
