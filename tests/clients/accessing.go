package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	certutil "k8s.io/client-go/util/cert"
)

// Who may do what, and who one is.
var accessing = []check{
	{"reviews of one's own access to every resource and subresource", ownAccess},
	{"the rules of a namespace", rulesOfNamespace},
	{"somebody impersonated may do less", impersonated},
	{"a service account with a token and a role", account},
	{"the authority in kube-root-ca.crt", authority},
}

func ownAccess(ctx context.Context, c *cluster) error {
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil {
		return err
	}
	for _, list := range lists {
		group, _, _ := strings.Cut(list.GroupVersion, "/")
		if !strings.Contains(list.GroupVersion, "/") {
			group = ""
		}
		for _, one := range list.APIResources {
			resource, sub, _ := strings.Cut(one.Name, "/")
			for at, verb := range []string{"get", "delete"} {
				client := []kubernetes.Interface{c.typed, c.proto}[at]
				review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
					ResourceAttributes: &authorizationv1.ResourceAttributes{Group: group, Resource: resource, Subresource: sub, Verb: verb, Namespace: space},
				}}
				answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
				if err != nil {
					return fmt.Errorf("%s %s: %w", verb, one.Name, err)
				}
				if !answer.Status.Allowed {
					return fmt.Errorf("%s %s is not allowed", verb, one.Name)
				}
			}
		}
	}
	return nil
}

func rulesOfNamespace(ctx context.Context, c *cluster) error {
	answer, err := c.typed.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: space}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	for _, rule := range answer.Status.ResourceRules {
		if rule.Verbs[0] == "*" && rule.APIGroups[0] == "*" && rule.Resources[0] == "*" {
			return nil
		}
	}
	return fmt.Errorf("no rule for everything: %v", answer.Status.ResourceRules)
}

func impersonated(ctx context.Context, c *cluster) error {
	config := rest.CopyConfig(c.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "nobody", Groups: []string{"dev"}}
	client := kubernetes.NewForConfigOrDie(config)
	_, err := client.CoreV1().Pods(space).List(ctx, metav1.ListOptions{})
	text := `pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "clients"`
	if err := refused(err, metav1.StatusReasonForbidden, 403, text); err != nil {
		return err
	}
	_, err = client.CoreV1().Pods(space).Watch(ctx, metav1.ListOptions{})
	if err := refused(err, metav1.StatusReasonForbidden, 403, `cannot watch resource "pods"`); err != nil {
		return err
	}
	me, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err == nil && (me.Status.UserInfo.Username != "nobody" || strings.Join(me.Status.UserInfo.Groups, " ") != "dev system:authenticated") {
		err = fmt.Errorf("one is %v", me.Status.UserInfo)
	}
	return err
}

func account(ctx context.Context, c *cluster) error {
	seconds := int64(600)
	answer, err := c.typed.CoreV1().ServiceAccounts(space).CreateToken(ctx, "robot", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	token := answer.Status.Token
	if err := judgeToken(token); err != nil {
		return err
	}
	review, err := c.typed.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if !review.Status.Authenticated || review.Status.User.Username != "system:serviceaccount:clients:robot" || len(review.Status.Audiences) == 0 {
		return fmt.Errorf("the token is that of %+v", review.Status)
	}
	config := rest.AnonymousClientConfig(c.config)
	config.BearerToken = token
	robot := kubernetes.NewForConfigOrDie(config)
	_, err = robot.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{})
	if err := refused(err, metav1.StatusReasonForbidden, 403, `User "system:serviceaccount:clients:robot" cannot list`); err != nil {
		return err
	}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}}}}
	if _, err := c.typed.RbacV1().Roles(space).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return err
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "robot", Namespace: space}}}
	if _, err := c.typed.RbacV1().RoleBindings(space).Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		return err
	}
	err = eventually(ctx, "the robot may list", func() (bool, error) {
		_, err := robot.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{})
		return err == nil, nil
	})
	if err != nil {
		return err
	}
	subject, err := c.typed.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:clients:robot", ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: space, Verb: "list", Resource: "configmaps"}}}, metav1.CreateOptions{})
	if err == nil && !subject.Status.Allowed {
		err = fmt.Errorf("the review says no: %v", subject.Status)
	}
	return err
}

// A token is a JSON web token that says whose it is.
func judgeToken(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return fmt.Errorf("the token has %d parts", len(parts))
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var claims struct {
		Sub, Iss string
		Exp, Iat int64
		Aud      []string
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return err
	}
	if claims.Sub != "system:serviceaccount:clients:robot" || claims.Exp-claims.Iat != 600 || claims.Iss == "" || len(claims.Aud) == 0 {
		return fmt.Errorf("the token says %s", text)
	}
	return nil
}

func authority(ctx context.Context, c *cluster) error {
	var given *corev1.ConfigMap
	err := eventually(ctx, "every namespace has one", func() (bool, error) {
		var err error
		given, err = c.typed.CoreV1().ConfigMaps(space).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return err == nil, nil
	})
	if err != nil {
		return err
	}
	all, err := certutil.ParseCertsPEM([]byte(given.Data["ca.crt"]))
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("no certificate")
	}
	return err
}
