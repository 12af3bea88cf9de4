import	torch

def sigma(x) :
	return torch . tanh ( x )

def dsigma(x) :
	y = torch . sigmoid ( x ) ; return y*(1.-y)

def loss(v,t) :
	return torch.sum( (v-t)*(v-t) )

def dloss(v,t) :
	return ( v - t ) / 0.5

def forward_pass(w1,b1,w2,b2,x) :
	s1=torch.matmul(w1,x)+b1; x1=sigma(s1)
	s2=torch.matmul(w2,x1)+b2; x2=sigma(s2)
	return(x,s1,x1,s2,x2)

def backward_pass(w1,b1,w2,b2,t,x,s1,x1,s2,x2,dl_dw1,dl_db1,dl_dw2,dl_db2) :
	e=dloss(x2,t)
	e=e*dsigma(s2)
	dl_dw2+=torch.matmul(e.reshape(-1,1),x1.reshape(1,-1))
	dl_db2+=e
	e=torch.matmul(e,w2)*dsigma(s1)
	dl_dw1+=torch.matmul(e.reshape(-1,1),x.reshape(1,-1))
	dl_db1+=e

def train(train_input,train_target,test_input,test_target,nb_hidden=50,nb_steps=1000) :
	n=train_input.shape[0]; m=test_input.shape[0]
	tt=train_target*.9
	w1=torch.randn(nb_hidden,train_input.shape[1])*1e-6; b1=torch.randn(nb_hidden)*1e-6
	w2=torch.randn(tt.shape[1],nb_hidden)*1e-6; b2=torch.randn(tt.shape[1])*1e-6
	history=[]
	for k in range(nb_steps) :
		g1=0*w1; h1=0*b1; g2=0*w2; h2=0*b2
		L=0.; e=0; f=0
		for i in range(n) :
			r=forward_pass(w1,b1,w2,b2,train_input[i])
			L+=loss(r[4],tt[i]).item()
			if torch.argmax(r[4])!=torch.argmax(tt[i]) : e+=1
			backward_pass(w1,b1,w2,b2,tt[i],*r,g1,h1,g2,h2)
		for i in range(m) :
			r=forward_pass(w1,b1,w2,b2,test_input[i])
			if torch.argmax(r[4])!=torch.argmax(test_target[i]) : f+=1
		history.append((L,e/n,f/m))
		w1=w1-.1/n*g1; b1=b1-.1/n*h1; w2=w2-.1/n*g2; b2=b2-.1/n*h2
	return (w1,b1,w2,b2),history
