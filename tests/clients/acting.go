package main

import (
	"context"
	"fmt"
	"io"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/scale"
	"k8s.io/kubectl/pkg/drain"
)

// What people do with the keys of a program: scale, restart, cordon, drain, trigger, delete.
var acting = []check{
	{"scale of a workload and of a custom resource", scales},
	{"a restart by patch rolls out", restart},
	{"a node is cordoned and uncordoned", cordon},
	{"an eviction that a budget forbids, and one it allows", evictions},
	{"a drain with its preview", drained},
	{"a cron job triggered and suspended", trigger},
	{"deletion in the foreground, in the background, and of orphans", propagation},
	{"deletion with grace and by force", graces},
	{"a pod on a node of one's choice, as a node shell is", nodeShell},
	{"a collection deleted by its label", collection},
}

func scales(ctx context.Context, c *cluster) error {
	client, err := scale.NewForConfig(c.config, c.mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(c.discovery))
	if err != nil {
		return err
	}
	for of, name := range map[schema.GroupVersionResource]string{
		appsv1.SchemeGroupVersion.WithResource("deployments"): "web", gadgets: "one",
	} {
		scales := client.Scales(space)
		now, err := scales.Get(ctx, of.GroupResource(), name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		old := now.DeepCopy()
		now.Spec.Replicas = 3
		if now, err = scales.Update(ctx, of.GroupResource(), now, metav1.UpdateOptions{}); err != nil || now.Spec.Replicas != 3 {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err = scales.Update(ctx, of.GroupResource(), old, metav1.UpdateOptions{})
		if err := refused(err, metav1.StatusReasonConflict, 409, "the object has been modified"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		patched, err := scales.Patch(ctx, of, name, types.MergePatchType, []byte(`{"spec":{"replicas":2}}`), metav1.PatchOptions{})
		if err != nil || patched.Spec.Replicas != 2 {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	typed, err := c.proto.AppsV1().Deployments(space).UpdateScale(ctx, "web", &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv1.ScaleSpec{Replicas: 2}}, metav1.UpdateOptions{})
	if err == nil && (typed.Spec.Replicas != 2 || typed.Status.Selector != "app=web") {
		err = fmt.Errorf("the scale is %+v", typed)
	}
	return err
}

func restart(ctx context.Context, c *cluster) error {
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, time.Now().Format(time.RFC3339))
	changed, err := c.typed.AppsV1().Deployments(space).Patch(ctx, "web", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-rollout"})
	if err != nil {
		return err
	}
	return eventually(ctx, "the rollout completes", func() (bool, error) {
		now, err := c.typed.AppsV1().Deployments(space).Get(ctx, "web", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		status := now.Status
		return status.ObservedGeneration >= changed.Generation && status.UpdatedReplicas == 2 && status.AvailableReplicas == 2 && status.Replicas == 2, nil
	})
}

func (c *cluster) drainer(ctx context.Context) *drain.Helper {
	return &drain.Helper{Ctx: ctx, Client: c.typed, GracePeriodSeconds: -1, IgnoreAllDaemonSets: true, DeleteEmptyDirData: true, Force: true,
		PodSelector: "app=drained", Timeout: 30 * time.Second, Out: io.Discard, ErrOut: io.Discard}
}

func cordon(ctx context.Context, c *cluster) error {
	nodes, err := c.typed.CoreV1().Nodes().List(ctx, metav1.ListOptions{FieldSelector: "spec.unschedulable=false", Limit: 1})
	if err != nil {
		return err
	}
	node := &nodes.Items[0]
	for _, wanted := range []bool{true, false} {
		if err := drain.RunCordonOrUncordon(c.drainer(ctx), node, wanted); err != nil {
			return err
		}
		if node, err = c.typed.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{}); err != nil {
			return err
		}
		if node.Spec.Unschedulable != wanted {
			return fmt.Errorf("%s is cordoned: %v", node.Name, node.Spec.Unschedulable)
		}
	}
	return nil
}

func evictions(ctx context.Context, c *cluster) error {
	err := eventually(ctx, "the budget is judged", func() (bool, error) {
		budget, err := c.typed.PolicyV1().PodDisruptionBudgets(space).Get(ctx, "web", metav1.GetOptions{})
		return err == nil && budget.Status.ExpectedPods == 2 && budget.Status.CurrentHealthy == 2 && budget.Status.ObservedGeneration == budget.Generation, err
	})
	if err != nil {
		return err
	}
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: space}}
	err = c.typed.PolicyV1().Evictions(space).Evict(ctx, eviction)
	if err := refused(err, metav1.StatusReasonTooManyRequests, 429, "Cannot evict pod as it would violate the pod's disruption budget."); err != nil {
		return err
	}
	if !errors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		return fmt.Errorf("the budget is not told as the cause")
	}
	if err := c.bare(ctx, "evicted", nil); err != nil {
		return err
	}
	eviction.Name = "evicted"
	eviction.DeleteOptions = &metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	if err := c.proto.PolicyV1().Evictions(space).Evict(ctx, eviction); err != nil {
		return err
	}
	if _, err := c.typed.CoreV1().Pods(space).Get(ctx, "evicted", metav1.GetOptions{}); err != nil {
		return fmt.Errorf("a dry run evicted it: %w", err)
	}
	eviction.DeleteOptions = nil
	if err := c.proto.PolicyV1().Evictions(space).Evict(ctx, eviction); err != nil {
		return err
	}
	return c.gone(ctx, "evicted")
}

// A pod without an owner that runs.
func (c *cluster) bare(ctx context.Context, name string, change func(*corev1.Pod)) error {
	second := int64(1)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &second, Containers: []corev1.Container{{Name: "app", Image: "registry.k8s.io/nginx:1.25"}}}}
	if change != nil {
		change(pod)
	}
	if _, err := c.proto.CoreV1().Pods(space).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	return eventually(ctx, name+" runs", func() (bool, error) {
		now, err := c.typed.CoreV1().Pods(space).Get(ctx, name, metav1.GetOptions{})
		return err == nil && now.Status.Phase == corev1.PodRunning, err
	})
}

func (c *cluster) gone(ctx context.Context, name string) error {
	return eventually(ctx, name+" goes", func() (bool, error) {
		_, err := c.typed.CoreV1().Pods(space).Get(ctx, name, metav1.GetOptions{})
		return errors.IsNotFound(err), ignore(err, errors.IsNotFound)
	})
}

func drained(ctx context.Context, c *cluster) error {
	if err := c.bare(ctx, "drained", nil); err != nil {
		return err
	}
	pod, err := c.typed.CoreV1().Pods(space).Get(ctx, "drained", metav1.GetOptions{})
	if err != nil {
		return err
	}
	list, problems := c.drainer(ctx).GetPodsForDeletion(pod.Spec.NodeName)
	if len(problems) > 0 {
		return problems[0]
	}
	if len(list.Pods()) != 1 || list.Pods()[0].Name != "drained" {
		return fmt.Errorf("%d pods would go", len(list.Pods()))
	}
	if err := c.drainer(ctx).DeleteOrEvictPods(list.Pods()); err != nil {
		return err
	}
	return c.gone(ctx, "drained")
}

func trigger(ctx context.Context, c *cluster) error {
	cron, err := c.typed.BatchV1().CronJobs(space).Get(ctx, "report", metav1.GetOptions{})
	if err != nil {
		return err
	}
	yes := true
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "report-manual", Annotations: map[string]string{"cronjob.kubernetes.io/instantiate": "manual"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: cron.Name, UID: cron.UID, Controller: &yes}}},
		Spec: cron.Spec.JobTemplate.Spec}
	if _, err := c.typed.BatchV1().Jobs(space).Create(ctx, job, metav1.CreateOptions{}); err != nil {
		return err
	}
	err = eventually(ctx, "the job completes", func() (bool, error) {
		now, err := c.typed.BatchV1().Jobs(space).Get(ctx, "report-manual", metav1.GetOptions{})
		return err == nil && now.Status.Succeeded == 1 && now.Status.CompletionTime != nil, err
	})
	if err != nil {
		return err
	}
	cron.Spec.Suspend = &yes
	cron, err = c.typed.BatchV1().CronJobs(space).Update(ctx, cron, metav1.UpdateOptions{})
	if errors.IsConflict(err) {
		cron, err = c.typed.BatchV1().CronJobs(space).Patch(ctx, "report", types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{})
	}
	if err == nil && !*cron.Spec.Suspend {
		err = fmt.Errorf("it is not suspended")
	}
	return err
}

// Makes a ReplicaSet with one pod; gives the pod's name.
func (c *cluster) replicaSet(ctx context.Context, name string) (string, error) {
	one, second := int32(1), int64(1)
	labels := map[string]string{"app": name}
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.ReplicaSetSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &second,
			Containers: []corev1.Container{{Name: "app", Image: "registry.k8s.io/nginx:1.25"}}}}}}
	if _, err := c.typed.AppsV1().ReplicaSets(space).Create(ctx, set, metav1.CreateOptions{}); err != nil {
		return "", err
	}
	var pod string
	err := eventually(ctx, "it has a pod", func() (bool, error) {
		pods, err := c.pods(ctx, "app="+name)
		if len(pods) == 1 {
			pod = pods[0].Name
		}
		return len(pods) == 1, err
	})
	return pod, err
}

func propagation(ctx context.Context, c *cluster) error {
	sets := c.typed.AppsV1().ReplicaSets(space)
	for _, policy := range []metav1.DeletionPropagation{metav1.DeletePropagationForeground, metav1.DeletePropagationBackground, metav1.DeletePropagationOrphan} {
		name := "set-" + map[metav1.DeletionPropagation]string{"Foreground": "f", "Background": "b", "Orphan": "o"}[policy]
		pod, err := c.replicaSet(ctx, name)
		if err != nil {
			return fmt.Errorf("%s: %w", policy, err)
		}
		if err := sets.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
			return err
		}
		err = eventually(ctx, "the set goes", func() (bool, error) {
			_, err := sets.Get(ctx, name, metav1.GetOptions{})
			return errors.IsNotFound(err), ignore(err, errors.IsNotFound)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", policy, err)
		}
		if policy != metav1.DeletePropagationOrphan {
			if err := c.gone(ctx, pod); err != nil {
				return fmt.Errorf("%s: %w", policy, err)
			}
			continue
		}
		orphan, err := c.typed.CoreV1().Pods(space).Get(ctx, pod, metav1.GetOptions{})
		if err != nil || len(orphan.OwnerReferences) > 0 || orphan.DeletionTimestamp != nil {
			return fmt.Errorf("the orphan has %v: %w", orphan.OwnerReferences, err)
		}
		if err := c.typed.CoreV1().Pods(space).Delete(ctx, pod, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func graces(ctx context.Context, c *cluster) error {
	pods := c.typed.CoreV1().Pods(space)
	long, zero := int64(30), int64(0)
	err := c.bare(ctx, "slow", func(pod *corev1.Pod) {
		pod.Finalizers = []string{"example.com/wait"}
		pod.Spec.TerminationGracePeriodSeconds = &long
	})
	if err != nil {
		return err
	}
	if err := pods.Delete(ctx, "slow", metav1.DeleteOptions{}); err != nil {
		return err
	}
	slow, err := pods.Get(ctx, "slow", metav1.GetOptions{})
	if err != nil || slow.DeletionTimestamp == nil || slow.DeletionGracePeriodSeconds == nil {
		return fmt.Errorf("it goes at %v: %w", slow.DeletionTimestamp, err)
	}
	if err := pods.Delete(ctx, "slow", metav1.DeleteOptions{GracePeriodSeconds: &zero}); err != nil {
		return err
	}
	if slow, err = pods.Get(ctx, "slow", metav1.GetOptions{}); err != nil || *slow.DeletionGracePeriodSeconds != 0 {
		return fmt.Errorf("it has still %v: %w", slow.DeletionGracePeriodSeconds, err)
	}
	if _, err := pods.Patch(ctx, "slow", types.JSONPatchType, []byte(`[{"op":"remove","path":"/metadata/finalizers"}]`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := c.gone(ctx, "slow"); err != nil {
		return err
	}
	if err := c.bare(ctx, "forced", nil); err != nil {
		return err
	}
	if err := pods.Delete(ctx, "forced", metav1.DeleteOptions{GracePeriodSeconds: &zero}); err != nil {
		return err
	}
	if _, err = pods.Get(ctx, "forced", metav1.GetOptions{}); !errors.IsNotFound(err) {
		return fmt.Errorf("what was forced is there: %v", err)
	}
	return nil
}

func nodeShell(ctx context.Context, c *cluster) error {
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	node := pod.Spec.NodeName
	err = c.bare(ctx, "node-shell", func(pod *corev1.Pod) {
		yes, zero := true, int64(0)
		pod.Spec.NodeName, pod.Spec.RestartPolicy = node, corev1.RestartPolicyNever
		pod.Spec.HostPID, pod.Spec.HostNetwork, pod.Spec.HostIPC = true, true, true
		pod.Spec.TerminationGracePeriodSeconds = &zero
		pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		pod.Spec.Volumes = []corev1.Volume{{Name: "root", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
		pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
		pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "root", MountPath: "/host", ReadOnly: true}}
		pod.Spec.Containers[0].Stdin, pod.Spec.Containers[0].StdinOnce, pod.Spec.Containers[0].TTY = true, true, true
	})
	if err != nil {
		return err
	}
	return c.typed.CoreV1().Pods(space).Delete(ctx, "node-shell", *metav1.NewDeleteOptions(0))
}

func collection(ctx context.Context, c *cluster) error {
	all := c.typed.CoreV1().ConfigMaps(space)
	for _, name := range []string{"one", "two"} {
		if err := c.configMap(ctx, name, "a"); err != nil {
			return err
		}
	}
	if err := all.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "probe=yes"}); err != nil {
		return err
	}
	left, err := all.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, one := range left.Items {
		if one.Labels["probe"] == "yes" {
			return fmt.Errorf("%s is left", one.Name)
		}
	}
	if _, err := all.Get(ctx, "settings", metav1.GetOptions{}); err != nil {
		return fmt.Errorf("too much was deleted: %w", err)
	}
	return nil
}
