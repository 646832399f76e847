// Prints the fields of the API types that travel as protobuf, as assets/protobuf.txt keeps them:
// one message a line, "GROUP/VERSION.Type" and then "number name type" for each field.
//
// Types: s string, i integer, b bool, y bytes, f double, a message's name, or one of T Time, U MicroTime, Q Quantity, N IntOrString,
// R RawExtension, F FieldsV1, D Duration, V a named list of strings. Before it: * list, % map by string, ~ inlined in JSON,
// ? a pointer (kept when zero), ! written to JSON even when zero.
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscaling1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	certificates "k8s.io/api/certificates/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	flowcontrol "k8s.io/api/flowcontrol/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	resource "k8s.io/api/resource/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var special = map[string]string{
	"meta/v1.Time": "T", "meta/v1.MicroTime": "U", "resource.Quantity": "Q", "intstr.IntOrString": "N",
	"runtime.RawExtension": "R", "meta/v1.FieldsV1": "F", "meta/v1.Duration": "D",
	"apiextensions/v1.JSON": "R",
}

var lines = map[string]string{}

func name(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	last := path[len(path)-1]
	if strings.HasPrefix(last, "v") && len(path) > 1 {
		last = path[len(path)-2] + "/" + last
	}
	return last + "." + t.Name()
}

func kind(t reflect.Type) string {
	if code, ok := special[name(t)]; ok {
		return code
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "?" + kind(t.Elem())
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return "i"
	case reflect.Float64:
		return "f"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		if t.Name() != "" && t.Elem().Kind() == reflect.String {
			return "V"
		}
		return "*" + kind(t.Elem())
	case reflect.Map:
		return "%" + kind(t.Elem())
	case reflect.Struct:
		describe(t)
		return name(t)
	}
	panic(t.String())
}

func describe(t reflect.Type) {
	key := name(t)
	if _, known := lines[key]; known {
		return
	}
	lines[key] = ""
	var fields []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		proto := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(proto) < 3 {
			continue // TypeMeta travels in the envelope
		}
		json := strings.Split(field.Tag.Get("json"), ",")
		label := json[0]
		code := kind(field.Type)
		if label == "" {
			label = "-"
			code = "~" + code
		} else if !strings.Contains(field.Tag.Get("json"), "omit") && !strings.HasPrefix(code, "?") {
			code = "!" + code
		}
		fields = append(fields, fmt.Sprintf("%s %s %s", proto[1], label, code))
	}
	lines[key] = strings.Join(fields, ";")
}

func main() {
	for _, one := range []any{
		core.Pod{}, core.Node{}, core.Namespace{}, core.Service{}, core.ConfigMap{}, core.Secret{}, core.Event{}, core.Endpoints{},
		core.LimitRange{}, core.PersistentVolume{}, core.PersistentVolumeClaim{}, core.PodTemplate{}, core.ReplicationController{},
		core.ResourceQuota{}, core.ServiceAccount{}, core.Binding{}, core.ComponentStatus{},
		apps.Deployment{}, apps.ReplicaSet{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ControllerRevision{},
		batch.Job{}, batch.CronJob{}, autoscaling.HorizontalPodAutoscaler{}, autoscaling1.Scale{},
		autoscaling1.HorizontalPodAutoscaler{}, networking.IPAddress{}, networking.ServiceCIDR{}, storage.VolumeAttributesClass{},
		resource.DeviceClass{}, resource.ResourceClaim{}, resource.ResourceClaimTemplate{}, resource.ResourceSlice{},
		flowcontrol.FlowSchema{}, flowcontrol.PriorityLevelConfiguration{},
		admissionregistration.MutatingAdmissionPolicy{}, admissionregistration.MutatingAdmissionPolicyBinding{},
		admissionregistration.ValidatingAdmissionPolicy{}, admissionregistration.ValidatingAdmissionPolicyBinding{},
		networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{}, policy.PodDisruptionBudget{}, policy.Eviction{},
		rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{},
		storage.StorageClass{}, storage.CSINode{}, storage.CSIDriver{}, storage.VolumeAttachment{}, storage.CSIStorageCapacity{},
		events.Event{}, discovery.EndpointSlice{}, coordination.Lease{}, scheduling.PriorityClass{}, node.RuntimeClass{},
		certificates.CertificateSigningRequest{}, admissionregistration.MutatingWebhookConfiguration{},
		admissionregistration.ValidatingWebhookConfiguration{},
		authorization.SelfSubjectAccessReview{}, authorization.SelfSubjectRulesReview{}, authorization.SubjectAccessReview{},
		authorization.LocalSubjectAccessReview{}, authentication.SelfSubjectReview{}, authentication.TokenReview{},
		authentication.TokenRequest{}, meta.DeleteOptions{}, meta.ListMeta{}, meta.Status{},
		meta.PartialObjectMetadata{}, apiextensions.CustomResourceDefinition{},
	} {
		describe(reflect.TypeOf(one))
	}
	var keys []string
	for key := range lines {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		fmt.Printf("%s %s\n", key, lines[key])
	}
}
