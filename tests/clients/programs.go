package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
)

// What whole programs read: eks-node-viewer, kube-capacity, popeye, helm.
var programs = []check{
	{"nodes and the pods on them, as a node viewer watches them", nodeViewer},
	{"labels and provider ids of nodes", nodeLabels},
	{"usage of nodes and pods, by selector and by name", usage},
	{"all that a linter lists", linter},
	{"releases in secrets", releases},
	{"the server's own figures", figures},
}

func nodeViewer(ctx context.Context, c *cluster) error {
	client := c.typed.CoreV1().RESTClient()
	nodes := cache.NewListWatchFromClient(client, "nodes", corev1.NamespaceAll, fields.Everything())
	pods := cache.NewListWatchFromClient(client, "pods", corev1.NamespaceAll, fields.ParseSelectorOrDie("spec.nodeName!="))
	known := map[string]bool{}
	store, running := cache.NewInformerWithOptions(cache.InformerOptions{ListerWatcher: nodes, ObjectType: &corev1.Node{}, Handler: cache.ResourceEventHandlerFuncs{}})
	pending, watching := cache.NewInformerWithOptions(cache.InformerOptions{ListerWatcher: pods, ObjectType: &corev1.Pod{}, Handler: cache.ResourceEventHandlerFuncs{}})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go running.RunWithContext(ctx)
	go watching.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), running.HasSynced, watching.HasSynced) {
		return fmt.Errorf("no sync")
	}
	for _, node := range store.List() {
		known[node.(*corev1.Node).Name] = true
	}
	if len(known) == 0 || len(pending.List()) == 0 {
		return fmt.Errorf("%d nodes, %d pods", len(known), len(pending.List()))
	}
	for _, pod := range pending.List() {
		if !known[pod.(*corev1.Pod).Spec.NodeName] {
			return fmt.Errorf("a pod on the unknown node %q", pod.(*corev1.Pod).Spec.NodeName)
		}
	}
	return nil
}

var providerID = regexp.MustCompile(`^aws:///[a-z]{2}-[a-z]+-\d[a-z]/i-[0-9a-f]{17}$`)

func nodeLabels(ctx context.Context, c *cluster) error {
	nodes, err := c.typed.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/os=linux"})
	if err != nil {
		return err
	}
	if len(nodes.Items) == 0 {
		return fmt.Errorf("no nodes")
	}
	for _, node := range nodes.Items {
		for _, label := range []string{corev1.LabelHostname, corev1.LabelArchStable, corev1.LabelInstanceTypeStable, corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
			if node.Labels[label] == "" {
				return fmt.Errorf("%s has no %s", node.Name, label)
			}
		}
		if !providerID.MatchString(node.Spec.ProviderID) {
			return fmt.Errorf("%s is %q", node.Name, node.Spec.ProviderID)
		}
		if node.Status.Allocatable.Cpu().IsZero() || node.Status.Allocatable.Memory().IsZero() || node.Status.Allocatable.Pods().IsZero() {
			return fmt.Errorf("%s gives %v", node.Name, node.Status.Allocatable)
		}
	}
	return nil
}

func usage(ctx context.Context, c *cluster) error {
	all, err := c.metrics.MetricsV1beta1().NodeMetricses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(all.Items) == 0 || all.Items[0].Usage.Memory().IsZero() || all.Items[0].Window.Duration == 0 {
		return fmt.Errorf("nodes use %v", all.Items)
	}
	one, err := c.metrics.MetricsV1beta1().NodeMetricses().Get(ctx, all.Items[0].Name, metav1.GetOptions{})
	if err != nil || one.Name != all.Items[0].Name {
		return fmt.Errorf("%s: %w", all.Items[0].Name, err)
	}
	pods, err := c.metrics.MetricsV1beta1().PodMetricses("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(pods.Items) == 0 {
		return fmt.Errorf("no pod uses anything")
	}
	pod := pods.Items[0]
	single, err := c.metrics.MetricsV1beta1().PodMetricses(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
	if err != nil || len(single.Containers) != len(pod.Containers) {
		return fmt.Errorf("%s: %w", pod.Name, err)
	}
	none, err := c.metrics.MetricsV1beta1().PodMetricses("").List(ctx, metav1.ListOptions{LabelSelector: "nosuch=label"})
	if err == nil && len(none.Items) > 0 {
		err = fmt.Errorf("the selector did not count")
	}
	return err
}

func linter(ctx context.Context, c *cluster) error {
	all := []string{
		"v1/configmaps", "v1/endpoints", "v1/limitranges", "v1/namespaces", "v1/nodes", "v1/persistentvolumeclaims", "v1/persistentvolumes", "v1/pods",
		"v1/secrets", "v1/serviceaccounts", "v1/services", "v1/events", "v1/replicationcontrollers", "v1/resourcequotas", "v1/podtemplates",
		"apps/v1/daemonsets", "apps/v1/deployments", "apps/v1/replicasets", "apps/v1/statefulsets", "apps/v1/controllerrevisions",
		"autoscaling/v2/horizontalpodautoscalers", "autoscaling/v1/horizontalpodautoscalers", "batch/v1/cronjobs", "batch/v1/jobs",
		"discovery.k8s.io/v1/endpointslices", "networking.k8s.io/v1/ingresses", "networking.k8s.io/v1/ingressclasses", "networking.k8s.io/v1/networkpolicies",
		"policy/v1/poddisruptionbudgets", "rbac.authorization.k8s.io/v1/clusterroles", "rbac.authorization.k8s.io/v1/clusterrolebindings",
		"rbac.authorization.k8s.io/v1/roles", "rbac.authorization.k8s.io/v1/rolebindings", "scheduling.k8s.io/v1/priorityclasses",
		"storage.k8s.io/v1/storageclasses", "storage.k8s.io/v1/csidrivers", "storage.k8s.io/v1/csinodes", "storage.k8s.io/v1/volumeattachments",
		"admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
		"apiextensions.k8s.io/v1/customresourcedefinitions", "apiregistration.k8s.io/v1/apiservices", "coordination.k8s.io/v1/leases", "node.k8s.io/v1/runtimeclasses",
		"certificates.k8s.io/v1/certificatesigningrequests", "events.k8s.io/v1/events",
	}
	for _, name := range all {
		parts := strings.Split(name, "/")
		if len(parts) == 2 {
			parts = append([]string{""}, parts...)
		}
		of := schema.GroupVersionResource{Group: parts[0], Version: parts[1], Resource: parts[2]}
		list, err := c.dynamic.Resource(of).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := c.metadata.Resource(of).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return fmt.Errorf("metadata of %s: %w", name, err)
		}
		for _, one := range list.Items {
			if one.GetKind() == "" || one.GetAPIVersion() == "" {
				return fmt.Errorf("one of %s has no kind", name)
			}
		}
	}
	return nil
}

func releases(ctx context.Context, c *cluster) error {
	for _, secrets := range []struct{ labels, fields string }{{"owner=helm", ""}, {"owner=helm,status in (deployed)", "type=helm.sh/release.v1"}} {
		list, err := c.typed.CoreV1().Secrets(space).List(ctx, metav1.ListOptions{LabelSelector: secrets.labels, FieldSelector: secrets.fields})
		if err != nil {
			return err
		}
		if len(list.Items) != 1 || list.Items[0].Type != "helm.sh/release.v1" {
			return fmt.Errorf("found %v", list.Items)
		}
		if _, err := base64.StdEncoding.DecodeString(string(list.Items[0].Data["release"])); err != nil {
			return err
		}
	}
	return nil
}

func figures(ctx context.Context, c *cluster) error {
	text, err := c.get(ctx, "/metrics", "text/plain", nil)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "{")
		found[name] = true
	}
	if !found["apiserver_storage_objects"] && !found["apiserver_resource_objects"] {
		return fmt.Errorf("nothing about the objects")
	}
	return lines.Err()
}
