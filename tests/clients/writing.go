package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/retry"
)

// What controllers and operators write.
var writing = []check{
	{"create, update, conflict, retry, three patches and delete, in JSON and protobuf", writes},
	{"server-side apply by generated configurations", applies},
	{"an extracted configuration is what was applied", extracts},
	{"status and finalizers of a custom resource", operator},
	{"a definition comes and goes with its instances", definition},
	{"a leader is elected on a lease", leader},
	{"events recorded through both API groups", recorded},
	{"a dry run stores nothing", dryRun},
	{"names are generated", generated},
	{"a namespace goes with all that is in it", namespace},
}

func writes(ctx context.Context, c *cluster) error {
	for _, client := range []kubernetes.Interface{c.typed, c.proto} {
		if err := write(ctx, client.CoreV1().ConfigMaps(space)); err != nil {
			return err
		}
	}
	return nil
}

func write(ctx context.Context, all typedcore.ConfigMapInterface) error {
	made, err := all.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "written"}, Data: map[string]string{"a": "b"}, BinaryData: map[string][]byte{"c": {0, 255}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = all.Create(ctx, made, metav1.CreateOptions{})
	if err == nil || !errors.IsAlreadyExists(err) && err.Error() != "resourceVersion should not be set on objects to be created" {
		return fmt.Errorf("made twice: %v", err)
	}
	old := made.DeepCopy()
	made.Data["a"] = "c"
	if made, err = all.Update(ctx, made, metav1.UpdateOptions{FieldManager: "me"}); err != nil {
		return err
	}
	same, err := all.Update(ctx, made, metav1.UpdateOptions{FieldManager: "me"})
	if err != nil || same.ResourceVersion != made.ResourceVersion {
		return fmt.Errorf("an update that changes nothing gives version %s for %s: %w", same.ResourceVersion, made.ResourceVersion, err)
	}
	_, err = all.Update(ctx, old, metav1.UpdateOptions{})
	if err := refused(err, metav1.StatusReasonConflict, 409, "the object has been modified; please apply your changes to the latest version and try again"); err != nil {
		return err
	}
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		now, err := all.Get(ctx, "written", metav1.GetOptions{})
		if err != nil {
			return err
		}
		now.Data["a"] = "d"
		_, err = all.Update(ctx, now, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	for kind, patch := range map[types.PatchType]string{
		types.JSONPatchType:  `[{"op":"add","path":"/data/json","value":"x"}]`,
		types.MergePatchType: `{"data":{"merge":"x"}}`, types.StrategicMergePatchType: `{"data":{"strategic":"x"}}`,
	} {
		if _, err := all.Patch(ctx, "written", kind, []byte(patch), metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	now, err := all.Get(ctx, "written", metav1.GetOptions{})
	if err != nil || len(now.Data) != 4 || len(now.BinaryData["c"]) != 2 || len(now.ManagedFields) < 1 {
		return fmt.Errorf("it holds %v: %w", now, err)
	}
	other := types.UID("other")
	err = all.Delete(ctx, "written", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	if err := refused(err, metav1.StatusReasonConflict, 409, "the UID in the precondition (other) does not match the UID in record"); err != nil {
		return err
	}
	if err := all.Delete(ctx, "written", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &now.UID, ResourceVersion: &now.ResourceVersion}}); err != nil {
		return err
	}
	_, err = all.Get(ctx, "written", metav1.GetOptions{})
	return refused(err, metav1.StatusReasonNotFound, 404, `configmaps "written" not found`)
}

func applies(ctx context.Context, c *cluster) error {
	all := c.typed.CoreV1().ConfigMaps(space)
	wanted := func(value string) *applycore.ConfigMapApplyConfiguration {
		return applycore.ConfigMap("applied", space).WithData(map[string]string{"a": value}).WithLabels(map[string]string{"probe": "yes"})
	}
	if _, err := all.Apply(ctx, wanted("1"), metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	_, err := all.Apply(ctx, wanted("2"), metav1.ApplyOptions{FieldManager: "two"})
	if err := refused(err, metav1.StatusReasonConflict, 409, `Apply failed with 1 conflict: conflict with "one": .data.a`); err != nil {
		return err
	}
	if !errors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		return fmt.Errorf("the conflict has no cause")
	}
	forced, err := all.Apply(ctx, wanted("2"), metav1.ApplyOptions{FieldManager: "two", Force: true})
	if err != nil || forced.Data["a"] != "2" {
		return fmt.Errorf("forced: %w", err)
	}
	// Who gives up the last field takes it away.
	empty := applycore.ConfigMap("applied", space)
	if _, err := all.Apply(ctx, empty, metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	left, err := all.Apply(ctx, empty, metav1.ApplyOptions{FieldManager: "two"})
	if err == nil && (len(left.Data) > 0 || len(left.Labels) > 0) {
		err = fmt.Errorf("left: %v %v", left.Data, left.Labels)
	}
	if err != nil {
		return err
	}
	custom := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "clients.example.com/v1", "kind": "Gadget",
		"metadata": map[string]any{"name": "applied"}, "spec": map[string]any{"color": "green"}}}
	made, err := c.dynamic.Resource(gadgets).Namespace(space).Apply(ctx, "applied", custom, metav1.ApplyOptions{FieldManager: "one"})
	if err == nil && made.Object["spec"].(map[string]any)["replicas"] != int64(1) {
		err = fmt.Errorf("the default is missing in %v", made.Object["spec"])
	}
	return err
}

func extracts(ctx context.Context, c *cluster) error {
	all := c.typed.AppsV1().Deployments(space)
	now, err := all.Get(ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	wanted := applyapps.Deployment("web", space).WithSpec(applyapps.DeploymentSpec().WithTemplate(applycore.PodTemplateSpec().WithSpec(applycore.PodSpec().
		WithContainers(applycore.Container().WithName("web").WithEnv(applycore.EnvVar().WithName("PROBE").WithValue("1"))))))
	if now, err = all.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: "extractor"}); err != nil {
		return err
	}
	extracted, err := applyapps.ExtractDeployment(now, "extractor")
	if err != nil {
		return err
	}
	containers := extracted.Spec.Template.Spec.Containers
	if len(containers) != 1 || *containers[0].Name != "web" || len(containers[0].Env) != 1 || containers[0].Image != nil {
		return fmt.Errorf("extracted: %+v", containers)
	}
	containers[0].Env[0].WithValue("2")
	if now, err = all.Apply(ctx, extracted, metav1.ApplyOptions{FieldManager: "extractor"}); err != nil {
		return err
	}
	container := now.Spec.Template.Spec.Containers[0]
	if len(container.Env) != 1 || container.Env[0].Value != "2" || container.Image == "" {
		return fmt.Errorf("applied: %+v", container)
	}
	return nil
}

func operator(ctx context.Context, c *cluster) error {
	all := c.dynamic.Resource(gadgets).Namespace(space)
	made, err := all.Create(ctx, &unstructured.Unstructured{Object: map[string]any{"apiVersion": "clients.example.com/v1", "kind": "Gadget",
		"metadata": map[string]any{"name": "operated", "finalizers": []any{"example.com/guard"}}, "spec": map[string]any{}, "status": map[string]any{"ready": true}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if made.Object["status"] != nil || made.GetGeneration() != 1 {
		return fmt.Errorf("made of generation %d with the status %v", made.GetGeneration(), made.Object["status"])
	}
	_ = unstructured.SetNestedField(made.Object, true, "status", "ready")
	_ = unstructured.SetNestedField(made.Object, "red", "spec", "color")
	made, err = all.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	ready, _, _ := unstructured.NestedBool(made.Object, "status", "ready")
	_, colored, _ := unstructured.NestedString(made.Object, "spec", "color")
	if !ready || colored || made.GetGeneration() != 1 {
		return fmt.Errorf("after the status: %v", made.Object)
	}
	made, err = all.Patch(ctx, "operated", types.MergePatchType, []byte(`{"status":{"replicas":1}}`), metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	if made, err = all.Patch(ctx, "operated", types.MergePatchType, []byte(`{"spec":{"color":"red"},"status":{"replicas":7}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if replicas, _, _ := unstructured.NestedInt64(made.Object, "status", "replicas"); made.GetGeneration() != 2 || replicas != 1 {
		return fmt.Errorf("after the spec: %v", made.Object)
	}
	if err := all.Delete(ctx, "operated", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if made, err = all.Get(ctx, "operated", metav1.GetOptions{}); err != nil || made.GetDeletionTimestamp() == nil {
		return fmt.Errorf("it did not wait: %w", err)
	}
	made.SetFinalizers(append(made.GetFinalizers(), "example.com/late"))
	_, err = all.Update(ctx, made, metav1.UpdateOptions{})
	if err := refused(err, metav1.StatusReasonInvalid, 422, "no new finalizers can be added if the object is being deleted"); err != nil {
		return err
	}
	made.SetFinalizers(nil)
	if _, err := all.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	_, err = all.Get(ctx, "operated", metav1.GetOptions{})
	return refused(err, metav1.StatusReasonNotFound, 404, `gadgets.clients.example.com "operated" not found`)
}

func definition(ctx context.Context, c *cluster) error {
	all := c.kinds.ApiextensionsV1().CustomResourceDefinitions()
	keep := true
	made := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "gizmos.clients.example.com"}, Spec: apiextensionsv1.CustomResourceDefinitionSpec{
		Group: "clients.example.com", Scope: apiextensionsv1.ClusterScoped, Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "gizmos", Kind: "Gizmo"},
		Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1alpha1", Served: true, Storage: true,
			Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &keep}}}}}}
	if _, err := all.Create(ctx, made, metav1.CreateOptions{}); err != nil {
		return err
	}
	defer all.Delete(ctx, made.Name, metav1.DeleteOptions{})
	err := eventually(ctx, "it is established", func() (bool, error) {
		now, err := all.Get(ctx, made.Name, metav1.GetOptions{})
		if err != nil || now.Status.AcceptedNames.Singular != "gizmo" || now.Status.AcceptedNames.ListKind != "GizmoList" {
			return false, err
		}
		for _, one := range now.Status.Conditions {
			if one.Type == apiextensionsv1.Established && one.Status == apiextensionsv1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	of := gadgets.GroupVersion().WithResource("gizmos")
	of.Version = "v1alpha1"
	err = eventually(ctx, "it is served", func() (bool, error) {
		_, err := c.dynamic.Resource(of).Create(ctx, &unstructured.Unstructured{Object: map[string]any{"apiVersion": "clients.example.com/v1alpha1", "kind": "Gizmo",
			"metadata": map[string]any{"name": "any"}, "anything": map[string]any{"goes": int64(1)}}}, metav1.CreateOptions{})
		return err == nil, ignore(err, errors.IsNotFound)
	})
	if err != nil {
		return err
	}
	got, err := c.dynamic.Resource(of).Get(ctx, "any", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if kept, _, _ := unstructured.NestedInt64(got.Object, "anything", "goes"); kept != 1 {
		return fmt.Errorf("it holds %v", got.Object)
	}
	if err := all.Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	return eventually(ctx, "it is served no more", func() (bool, error) {
		_, err := c.dynamic.Resource(of).List(ctx, metav1.ListOptions{})
		return errors.IsNotFound(err), nil
	})
}

func leader(ctx context.Context, c *cluster) error {
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, space, "leader", c.proto.CoreV1(), c.proto.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: "me"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	led := false
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 300 * time.Millisecond, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{OnStoppedLeading: func() {}, OnStartedLeading: func(context.Context) {
			led = true
			time.Sleep(time.Second)
			cancel()
		}}})
	if !led {
		return fmt.Errorf("nobody led")
	}
	lease, err := c.typed.CoordinationV1().Leases(space).Get(context.Background(), "leader", metav1.GetOptions{})
	if err == nil && (lease.Spec.RenewTime == nil || *lease.Spec.HolderIdentity != "") {
		err = fmt.Errorf("the lease is %+v", lease.Spec)
	}
	return err
}

func recorded(ctx context.Context, c *cluster) error {
	about, err := c.typed.AppsV1().Deployments(space).Get(ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	old := record.NewBroadcaster()
	defer old.Shutdown()
	old.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: c.typed.CoreV1().Events("")})
	recorder := old.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "clients"})
	for range 2 {
		recorder.Event(about, corev1.EventTypeWarning, "OldProbe", "as before")
	}
	new := events.NewBroadcaster(&events.EventSinkImpl{Interface: c.typed.EventsV1()})
	defer new.Shutdown()
	if err := new.StartRecordingToSinkWithContext(ctx); err != nil {
		return err
	}
	for range 2 {
		new.NewRecorder(scheme.Scheme, "example.com/clients").Eventf(about, nil, corev1.EventTypeNormal, "NewProbe", "Probing", "as now")
	}
	err = eventually(ctx, "the old events are counted", func() (bool, error) {
		list, err := c.typed.CoreV1().Events(space).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.uid=" + string(about.UID) + ",reason=OldProbe,type=Warning"})
		return err == nil && len(list.Items) == 1 && list.Items[0].Count == 2 && list.Items[0].Source.Component == "clients", err
	})
	if err != nil {
		return err
	}
	return eventually(ctx, "the new events make a series", func() (bool, error) {
		list, err := c.proto.EventsV1().Events(space).List(ctx, metav1.ListOptions{FieldSelector: "regarding.kind=Deployment,reason=NewProbe"})
		series := func(event eventsv1.Event) bool {
			return event.Note == "as now" && event.ReportingController == "example.com/clients" && !event.EventTime.IsZero() && event.Action == "Probing"
		}
		return err == nil && len(list.Items) == 1 && series(list.Items[0]), err
	})
}

func dryRun(ctx context.Context, c *cluster) error {
	all, dry := c.typed.CoreV1().ConfigMaps(space), []string{metav1.DryRunAll}
	made, err := all.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "dry-"}}, metav1.CreateOptions{DryRun: dry})
	if err != nil || made.UID == "" || made.Name == "dry-" {
		return fmt.Errorf("made %v: %w", made, err)
	}
	if _, err := all.Get(ctx, made.Name, metav1.GetOptions{}); !errors.IsNotFound(err) {
		return fmt.Errorf("it is stored: %v", err)
	}
	settings, err := all.Get(ctx, "settings", metav1.GetOptions{})
	if err != nil {
		return err
	}
	changed, err := all.Patch(ctx, "settings", types.MergePatchType, []byte(`{"data":{"mode":"slow"}}`), metav1.PatchOptions{DryRun: dry})
	if err != nil || changed.Data["mode"] != "slow" {
		return fmt.Errorf("patched: %w", err)
	}
	if err := all.Delete(ctx, "settings", metav1.DeleteOptions{DryRun: dry}); err != nil {
		return err
	}
	now, err := all.Get(ctx, "settings", metav1.GetOptions{})
	if err == nil && now.ResourceVersion != settings.ResourceVersion {
		err = fmt.Errorf("it was changed")
	}
	return err
}

func generated(ctx context.Context, c *cluster) error {
	names := map[string]bool{}
	for range 3 {
		made, err := c.proto.CoreV1().ConfigMaps(space).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "some-", Labels: map[string]string{"probe": "yes"}}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		if len(made.Name) != len("some-")+5 {
			return fmt.Errorf("the name is %q", made.Name)
		}
		names[made.Name] = true
	}
	if len(names) != 3 {
		return fmt.Errorf("the names are %v", names)
	}
	return nil
}

func namespace(ctx context.Context, c *cluster) error {
	all := c.typed.CoreV1().Namespaces()
	made, err := all.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "clients-gone"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if made.Labels[corev1.LabelMetadataName] != made.Name || made.Status.Phase != corev1.NamespaceActive {
		return fmt.Errorf("it is %v", made)
	}
	held := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "held", Finalizers: []string{"example.com/hold"}}}
	if _, err := c.typed.CoreV1().ConfigMaps(made.Name).Create(ctx, held, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := all.Delete(ctx, made.Name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err = eventually(ctx, "it says what it waits for", func() (bool, error) {
		now, err := all.Get(ctx, made.Name, metav1.GetOptions{})
		if err != nil || now.Status.Phase != corev1.NamespaceTerminating {
			return false, err
		}
		for _, one := range now.Status.Conditions {
			if one.Type == corev1.NamespaceFinalizersRemaining && one.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	_, err = c.typed.CoreV1().ConfigMaps(made.Name).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "late"}}, metav1.CreateOptions{})
	if err := refused(err, metav1.StatusReasonForbidden, 403, "because it is being terminated"); err != nil {
		return err
	}
	if !errors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return fmt.Errorf("the end of the namespace is not told as the cause")
	}
	if _, err := c.typed.CoreV1().ConfigMaps(made.Name).Patch(ctx, "held", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	return eventually(ctx, "it goes", func() (bool, error) {
		_, err := all.Get(ctx, made.Name, metav1.GetOptions{})
		return errors.IsNotFound(err), ignore(err, errors.IsNotFound)
	})
}
